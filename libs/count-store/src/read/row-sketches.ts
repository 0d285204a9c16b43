import { TallyError } from '@tally/contracts';
import { DDSketch, encodeAnswerEntry, HyperLogLog } from '@tally/sketches';

const NONE = Buffer.alloc(0);
/** Beside the rows of an answer, so that both fit into a message. */
const MAX_BYTES = 8 << 20;

/** So many bytes are merged in a step, some tenths of a millisecond. */
const STEP_BYTES = 32 << 10;

/** The sketches of the windows of an answer, each merged out of those that flushes brought. */
export class RowSketches {
  private readonly entries: Buffer[] = [];
  private bytes = 0;
  private unstepped = 0;

  /**
   * Of the next window, all of each kind one behind the other; in steps, as a total has those of all its
   * minutes. TallyError `payload_too_large`; `internal` where there are no sketches in storage.
   */
  *add(uniques: Buffer | null, quantiles: Buffer | null): Generator<undefined, void> {
    const entry = encodeAnswerEntry({
      uniques: uniques === null ? NONE : yield* this.merged(new HyperLogLog(), uniques),
      quantiles: quantiles === null ? NONE : yield* this.merged(new DDSketch(), quantiles),
    });
    this.entries.push(entry);
    this.bytes += entry.length;
    if (this.bytes > MAX_BYTES) throw tooManySketches(MAX_BYTES);
  }

  finish(): Buffer {
    return Buffer.concat(this.entries);
  }

  private *merged(sketch: HyperLogLog | DDSketch, bytes: Buffer): Generator<undefined, Buffer> {
    for (let at = 0; at < bytes.length;) {
      const end = mergeOne(sketch, bytes, at);
      this.unstepped += end - at;
      at = end;
      if (this.unstepped < STEP_BYTES) continue;
      this.unstepped = 0;
      yield;
    }
    return sketch.encode();
  }
}

function mergeOne(sketch: HyperLogLog | DDSketch, bytes: Buffer, at: number): number {
  try {
    return sketch.merge(bytes, at);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TallyError('internal', 'sketches in storage cannot be read', { cause: error });
  }
}

/** Why a question is not answered that needs sketches of more bytes. */
export function tooManySketches(mostBytes: number): TallyError {
  return new TallyError(
    'payload_too_large',
    `sketches of more than ${mostBytes} bytes: ask for fewer series or less time`,
  );
}
