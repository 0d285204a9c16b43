import { TallyError } from '@tally/contracts';
import {
  DDSketch,
  encodeAnswerEntry,
  HyperLogLog,
  readSketches,
  type WindowSketches,
} from '@tally/sketches';

const NONE = Buffer.alloc(0);
/** Beside the rows of an answer, so that both fit into a message. */
const MAX_BYTES = 8 << 20;

/** The sketches of the windows of an answer, each merged out of those that flushes brought. */
export class RowSketches {
  private readonly entries: Buffer[] = [];
  private bytes = 0;

  /**
   * Of the next window, all of each kind one behind the other. TallyError `payload_too_large`; `internal`
   * where there are no sketches in storage.
   */
  add(uniques: Buffer | null, quantiles: Buffer | null): void {
    const entry = encodeAnswerEntry(merged(uniques, quantiles));
    this.entries.push(entry);
    this.bytes += entry.length;
    if (this.bytes > MAX_BYTES) throw tooManySketches(MAX_BYTES);
  }

  finish(): Buffer {
    return Buffer.concat(this.entries);
  }
}

/** Why a question is not answered that needs sketches of more bytes. */
export function tooManySketches(mostBytes: number): TallyError {
  return new TallyError(
    'payload_too_large',
    `sketches of more than ${mostBytes} bytes: ask for fewer series or less time`,
  );
}

function merged(uniques: Buffer | null, quantiles: Buffer | null): WindowSketches {
  try {
    return {
      uniques: uniques === null ? NONE : readSketches(new HyperLogLog(), uniques).encode(),
      quantiles: quantiles === null ? NONE : readSketches(new DDSketch(), quantiles).encode(),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TallyError('internal', 'sketches in storage cannot be read', { cause: error });
  }
}
