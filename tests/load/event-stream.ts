import { HOUR_MS } from '@tally/contracts';
import { mersenne } from 'pure-rand/generator/mersenne';

const SUBJECTS = 100_000;
const TYPES = ['view', 'like', 'share', 'play'] as const;
const DUPLICATE_SHARE = 0.01;
/** A duplicate comes at most so many events after the first. */
const DUPLICATE_WITHIN = 10_000;

export interface StreamOptions {
  readonly events: number;
  readonly batch: number;
  readonly seed: number;
  /** Distinguishes the events of this run from those of all others. */
  readonly run: string;
  /** Times over the last hour, ascending, instead of none (the time of arrival). */
  readonly isSpread: boolean;
  /** ms since 1970. */
  readonly nowMs: number;
}

/** What is sent, encoded before any clock starts. */
export interface EventStream {
  /** JSON arrays of events. */
  readonly bodies: readonly Buffer[];
  /** Number of events in each body. */
  readonly sizes: readonly number[];
  /** By type and subject: events without duplicates. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly unique: number;
}

/**
 * A stream as popular content makes one: subjects by Zipf's law with exponent 1, one event in a
 * hundred a duplicate of an earlier one, ids as UUIDs have them, about 130 bytes an event.
 */
export function makeStream(options: StreamOptions): EventStream {
  const { events, batch, seed, run, isSpread, nowMs } = options;
  const generator = mersenne(seed);
  const random = () => (generator.next() >>> 0) / 2 ** 32;
  const rankOf = zipf(SUBJECTS);
  const counts = new Map<string, Map<string, number>>(TYPES.map((type) => [type, new Map()]));
  const bodies: Buffer[] = [];
  const sizes: number[] = [];
  const recent: string[] = [];
  let unique = 0;
  for (let first = 0; first < events; first += batch) {
    const size = Math.min(batch, events - first);
    const texts = Array.from({ length: size }, (_, index) => {
      const number = first + index;
      if (recent.length > 0 && random() < DUPLICATE_SHARE)
        return recent[Math.floor(random() * recent.length)] ?? '';
      const type = TYPES[Math.floor(random() ** 2 * TYPES.length)] ?? 'view';
      const subject = `video-${rankOf(random())}`;
      const time = isSpread
        ? `,"time":"${new Date(nowMs - HOUR_MS + (number / events) * HOUR_MS).toISOString()}"`
        : '';
      const text = `{"id":"${run}-${idOf(random, number)}","type":"${type}","subject":"${subject}"${time},"value":${Math.floor(random() * 1000)}}`;
      recent[unique % DUPLICATE_WITHIN] = text;
      const ofType = counts.get(type);
      ofType?.set(subject, (ofType.get(subject) ?? 0) + 1);
      unique += 1;
      return text;
    });
    bodies.push(Buffer.from(`[${texts.join(',')}]`));
    sizes.push(size);
  }
  return { bodies, sizes, counts, unique };
}

/** Random, like a UUID without its dashes, and never twice in a run. */
function idOf(random: () => number, number: number): string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${word()}${word()}${number.toString(16).padStart(8, '0')}`;
}

/** The inverse of Zipf's cumulative distribution, exponent 1: from [0, 1) to a rank from 1. */
function zipf(ranks: number): (share: number) => number {
  const cumulative = new Float64Array(ranks);
  let sum = 0;
  for (let rank = 1; rank <= ranks; rank++) cumulative[rank - 1] = sum += 1 / rank;
  return (share) => {
    const target = share * sum;
    let [low, high] = [0, ranks - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] ?? 0) < target) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
