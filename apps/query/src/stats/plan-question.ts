import { MAX_SUBJECTS, MINUTE_MS, type query, TallyError, windowMinutesOf } from '@tally/contracts';
import { seriesId } from '@tally/placement';
import { askedFigures, type AskedFigures } from './figures.js';

/** What the shards are asked. */
export interface Plan {
  /** Each once, in the order of their first appearance. */
  readonly subjects: readonly string[];
  /** Those of the subjects, in their order: 16 bytes each, one after the other. */
  readonly seriesIds: Buffer;
  /** Index of a subject by its series id, in hexadecimal. */
  readonly indexes: ReadonlyMap<string, number>;
  readonly fromMs: bigint;
  /** Minutes since 1970; from inclusive, to exclusive. */
  readonly fromMinute: bigint;
  readonly toMinute: bigint;
  /** Length of a window in minutes; undefined for a total. */
  readonly windowMinutes: bigint | undefined;
  readonly maxWindows: number;
  readonly figures?: AskedFigures | undefined;
}

/** The largest ones fit into a message of 16 MiB. */
const MAX_WINDOWS = 100_000;

const MINUTE = BigInt(MINUTE_MS);

/** TallyError `invalid_argument`. */
export function planQuestion(request: query.GetStatsRequest): Plan {
  const subjects = [...new Set(request.subjects)];
  if (request.subjects.length < 1 || request.subjects.length > MAX_SUBJECTS)
    throw invalid(`expected 1 to ${MAX_SUBJECTS} subjects, got ${request.subjects.length}`);
  const fromMs = BigInt(request.fromMs);
  const toMs = BigInt(request.toMs);
  const isRange = fromMs >= 0n && fromMs < toMs;
  if (!isRange || fromMs % MINUTE !== 0n || toMs % MINUTE !== 0n)
    throw invalid(`expected a range of whole minutes, got ${fromMs} to ${toMs}`);
  const ids = subjects.map((subject) => seriesId(request.project, request.type, subject));
  return {
    subjects,
    seriesIds: Buffer.concat(ids),
    indexes: new Map(ids.map((id, index) => [id.toString('hex'), index])),
    fromMs,
    fromMinute: fromMs / MINUTE,
    toMinute: toMs / MINUTE,
    windowMinutes: widthOf(request.granularity),
    maxWindows: request.maxWindows > 0 ? Math.min(request.maxWindows, MAX_WINDOWS) : MAX_WINDOWS,
    figures: askedFigures(request),
  };
}

/** Undefined for a total. */
function widthOf(granularity: query.GetStatsRequest['granularity']): bigint | undefined {
  const minutes = windowMinutesOf(granularity);
  if (minutes === undefined) throw invalid(`expected a granularity, got ${granularity}`);
  return minutes === Infinity ? undefined : BigInt(minutes);
}

function invalid(message: string): TallyError {
  return new TallyError('invalid_argument', message);
}
