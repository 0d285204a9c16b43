import type { Mark } from '../marks/mark-file.js';
import { findBatchAfter } from '../segment/scan-segment.js';
import type { Segment } from '../segment/segment.js';
import {
  addReadable,
  allDamaged,
  describes,
  isOf,
  newSegment,
  type OpeningSegment,
} from './open-segment.js';

/** The segment at the end of a partition, and whether its end is believed. */
export interface LastSegment {
  readonly segment: Segment;
  /** All its batches were read, or the mark says that all are durable. */
  readonly isDurable: boolean;
  /** Why a new record could get an offset that another one had; undefined: it could not. */
  readonly doubt: string | undefined;
}

/**
 * Opens the segment that was written last. What lies before its mark was durable, so what is wrong
 * there is damage; what lies behind was perhaps not. Without a mark, a whole batch says that all before
 * it was durable. What the segment does not know when this returns is a torn tail.
 */
export async function openLast(
  opening: OpeningSegment,
  mark: Mark | undefined,
): Promise<LastSegment> {
  const known = await fromIndex(opening, mark);
  if (known !== undefined) return { segment: known, isDurable: true, doubt: undefined };
  return checkLast(opening, mark);
}

/** The same, and everything is read. */
export async function checkLast(
  opening: OpeningSegment,
  mark: Mark | undefined,
): Promise<LastSegment> {
  const { file, fileBytes, damage, baseOffset } = opening;
  const segment = newSegment(opening);
  if (mark === undefined) {
    await addReadable(segment, fileBytes, damage, (position, offset) =>
      findBatchAfter(file, fileBytes, position, offset),
    );
    return { segment, isDurable: false, doubt: undefined };
  }
  // The mark of an earlier segment says nothing of this one.
  const isMarked = mark.baseOffset === baseOffset;
  const durable = isMarked
    ? { position: mark.position, offset: mark.offset }
    : { position: 0, offset: baseOffset };
  const markedBytes = Math.min(fileBytes, durable.position);
  await addReadable(segment, markedBytes, damage, async (position, offset) =>
    offset >= durable.offset
      ? undefined
      : ((await findBatchAfter(file, markedBytes, position, offset, durable.offset)) ?? {
          position: markedBytes,
          offset: durable.offset,
        }),
  );
  const foreign = isMarked ? whyForeign(segment, mark, fileBytes) : undefined;
  if (foreign !== undefined) {
    return { segment: allDamaged(opening, mark.offset, foreign), isDurable: false, doubt: foreign };
  }
  if (fileBytes < durable.position) {
    const doubt = `it has ${fileBytes} bytes, and ${durable.position} were durable`;
    damage.add(segment, { position: fileBytes, offset: durable.offset }, doubt);
    return { segment, isDurable: false, doubt };
  }
  await addReadable(segment, fileBytes, damage, async () => undefined);
  return { segment, isDurable: false, doubt: undefined };
}

/** The segment as its index says, when both index and mark end where the file does. */
async function fromIndex(
  opening: OpeningSegment,
  mark: Mark | undefined,
): Promise<Segment | undefined> {
  const { path, file, fileBytes, indexes, partitionId, baseOffset } = opening;
  if (mark?.baseOffset !== baseOffset || mark.position !== fileBytes) return undefined;
  if (fileBytes === 0) return newSegment(opening);
  const index = await indexes.header(path);
  const fits =
    index !== undefined &&
    isOf(index, partitionId, baseOffset) &&
    index.endOffset === mark.offset &&
    index.lastCrc === mark.lastCrc &&
    (await describes(index, file, fileBytes));
  const entries = fits ? await indexes.entries(path, index) : undefined;
  if (index === undefined || entries === undefined) return undefined;
  const segment = newSegment(opening);
  segment.restore(index, entries);
  return segment;
}

/** Why a segment is not the one that was marked; undefined: it is, or what is left of it. */
function whyForeign(segment: Segment, mark: Mark, fileBytes: number): string | undefined {
  const { endOffset, lastCrc, bytes: size } = segment.summary;
  if (fileBytes < mark.position) {
    return endOffset > mark.offset ? 'it has more records than were durable in it' : undefined;
  }
  const fits =
    size === mark.position &&
    endOffset === mark.offset &&
    (lastCrc === mark.lastCrc || lastCrc === 0 || mark.lastCrc === 0);
  return fits ? undefined : 'another segment is in its place';
}
