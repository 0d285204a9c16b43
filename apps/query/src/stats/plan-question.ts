import { type query, TallyError } from '@tally/contracts';
import { seriesId } from '@tally/placement';

/** What the shards are asked. */
export interface Plan {
  /** Each once, in the order of their first appearance. */
  readonly subjects: readonly string[];
  /** The series of the subjects, in their order: 16 bytes each, one after the other. */
  readonly series: Buffer;
  /** Place of a subject by its series id, in hexadecimal. */
  readonly places: ReadonlyMap<string, number>;
  readonly fromMs: bigint;
  /** Minutes since 1970; from inclusive, to exclusive. */
  readonly fromMinute: bigint;
  readonly toMinute: bigint;
  /** Length of a window in minutes; undefined for a total. */
  readonly windowMinutes: bigint | undefined;
}

const MAX_SUBJECTS = 500;
const MINUTE_MS = 60_000n;

/** TallyError `invalid_argument`. */
export function planQuestion(request: query.GetStatsRequest): Plan {
  const subjects = [...new Set(request.subjects)];
  if (request.subjects.length < 1 || request.subjects.length > MAX_SUBJECTS)
    throw invalid(`expected 1 to ${MAX_SUBJECTS} subjects, got ${request.subjects.length}`);
  const fromMs = BigInt(request.fromMs);
  const toMs = BigInt(request.toMs);
  const isRange = fromMs >= 0n && fromMs < toMs;
  if (!isRange || fromMs % MINUTE_MS !== 0n || toMs % MINUTE_MS !== 0n)
    throw invalid(`expected a range of whole minutes, got ${fromMs} to ${toMs}`);
  const ids = subjects.map((subject) => seriesId(request.project, request.type, subject));
  return {
    subjects,
    series: Buffer.concat(ids),
    places: new Map(ids.map((id, place) => [id.toString('hex'), place])),
    fromMs,
    fromMinute: fromMs / MINUTE_MS,
    toMinute: toMs / MINUTE_MS,
    windowMinutes: windowMinutesOf(request.granularity),
  };
}

function windowMinutesOf(granularity: query.GetStatsRequest['granularity']): bigint | undefined {
  switch (granularity) {
    case 'GRANULARITY_MINUTE':
      return 1n;
    case 'GRANULARITY_HOUR':
      return 60n;
    case 'GRANULARITY_DAY':
      return 1440n;
    case 'GRANULARITY_TOTAL':
      return undefined;
    default:
      throw invalid(`expected a granularity, got ${granularity}`);
  }
}

function invalid(message: string): TallyError {
  return new TallyError('invalid_argument', message);
}
