import {
  isEventTypeName,
  MAX_SUBJECT_BYTES,
  MAX_SUBJECTS,
  MINUTE_MS,
  TallyError,
  windowMinutesOf,
} from '@tally/contracts';
import { parseInstant } from '../events/instant.js';
import { quoted } from '../events/rejection.js';
import { utf8Bytes } from '../events/text-rule.js';
import { oneOf, readQuery, type QueryParameters } from '../http/query-parameters.js';
import {
  FUNCTIONS,
  GRANULARITIES,
  WIRE_GRANULARITY,
  type Granularity,
  type StatsFunction,
} from './limits.js';

export interface StatsQuestion {
  readonly type: string;
  /** Each once, in the order of their first appearance. */
  readonly subjects: readonly string[];
  readonly functions: ReadonlySet<StatsFunction>;
  /** ms since 1970, whole minutes; from inclusive, to exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly granularity: Granularity;
  readonly fillZero: boolean;
  readonly allowPartial: boolean;
}

export const STATS_PARAMETERS = [
  'type',
  'subject',
  'function',
  'from',
  'to',
  'granularity',
  'timezone',
  'fill',
  'partial',
] as const;

/** Bounds of one answer, in points: subjects times windows. */
export interface PointLimits {
  readonly maxPoints: number;
  /** With windows that have no events. */
  readonly maxFilledPoints: number;
}

/** Reads the question of a request target. TallyError `invalid_argument` when it is none. */
export function readQuestion(target: string, limits: PointLimits): StatsQuestion {
  const query = readQuery(target, STATS_PARAMETERS);
  const type = required(query, 'type');
  if (!isEventTypeName(type)) throw invalid('expected type to be the name of an event type');
  if ((oneOf(query, 'timezone') ?? 'UTC') !== 'UTC') throw invalid('expected timezone=UTC');
  const fromMs = readMinute(query, 'from');
  const toMs = readMinute(query, 'to');
  if (fromMs >= toMs) throw invalid('expected from before to');
  const question: StatsQuestion = {
    type,
    subjects: readSubjects(query),
    functions: readFunctions(query),
    fromMs,
    toMs,
    granularity: readWord(query, 'granularity', GRANULARITIES) ?? 'total',
    fillZero: readWord(query, 'fill', ['zero']) !== undefined,
    allowPartial: readWord(query, 'partial', ['allow']) !== undefined,
  };
  assertFits(question, limits);
  return question;
}

/** Subjects times windows: the most points that the answer may have, and with fill=zero just so many. */
export function pointsOf(question: StatsQuestion, granularity = question.granularity): number {
  return windowsOf(question, granularity) * question.subjects.length;
}

function assertFits(question: StatsQuestion, { maxPoints, maxFilledPoints }: PointLimits): void {
  const { fillZero, granularity } = question;
  const most = fillZero ? Math.min(maxPoints, maxFilledPoints) : maxPoints;
  const points = pointsOf(question);
  if (points <= most) return;
  const fitting = GRANULARITIES.slice(GRANULARITIES.indexOf(granularity)).find(
    (coarser) => pointsOf(question, coarser) <= most,
  );
  const what = fillZero
    ? 'points (subjects times windows) with fill=zero'
    : 'points (subjects times windows)';
  const advice = [
    fitting === undefined
      ? 'ask for fewer subjects'
      : `granularity=${fitting} would have ${pointsOf(question, fitting)}`,
    'or ask for fewer subjects or a shorter time',
    ...(fillZero && points <= maxPoints ? ['or without fill=zero'] : []),
  ];
  throw invalid(`expected at most ${most} ${what}, got ${points}: ${advice.join(', ')}`);
}

/** Length of the windows; undefined for a total, which is one as long as the question. */
export function windowMsOf(granularity: Granularity): number | undefined {
  const minutes = windowMinutesOf(WIRE_GRANULARITY[granularity]) ?? Infinity;
  return minutes === Infinity ? undefined : minutes * MINUTE_MS;
}

function windowsOf({ fromMs, toMs }: StatsQuestion, granularity: Granularity): number {
  const windowMs = windowMsOf(granularity);
  if (windowMs === undefined) return 1;
  return Math.ceil(toMs / windowMs) - Math.floor(fromMs / windowMs);
}

function readSubjects(query: QueryParameters): readonly string[] {
  const given = query.get('subject') ?? [];
  if (given.length < 1 || given.length > MAX_SUBJECTS)
    throw invalid(`expected 1 to ${MAX_SUBJECTS} subjects, got ${given.length}`);
  for (const subject of given) {
    const bytes = utf8Bytes(subject);
    if (bytes < 1 || bytes > MAX_SUBJECT_BYTES)
      throw invalid(`expected subjects of 1 to ${MAX_SUBJECT_BYTES} bytes of UTF-8 without NUL`);
  }
  return [...new Set(given)];
}

function readFunctions(query: QueryParameters): ReadonlySet<StatsFunction> {
  const names = (oneOf(query, 'function') ?? 'count').split(',');
  return new Set(names.map((name) => wordOf(name, 'function', FUNCTIONS)));
}

function readMinute(query: QueryParameters, name: string): number {
  const instant = parseInstant(required(query, name));
  if (instant === undefined || instant < 0)
    throw invalid(
      `expected ${name} to be RFC 3339 with an offset, from 1970 on: 2026-01-31T12:00:00Z`,
    );
  if (instant % MINUTE_MS !== 0) throw invalid(`expected ${name} to be a whole minute`);
  return instant;
}

function required(query: QueryParameters, name: string): string {
  const value = oneOf(query, name);
  if (value === undefined) throw invalid(`expected the parameter ${name}`);
  return value;
}

function readWord<T extends string>(
  query: QueryParameters,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = oneOf(query, name);
  return value === undefined ? undefined : wordOf(value, name, allowed);
}

function wordOf<T extends string>(value: string, name: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw invalid(`expected ${name} to be one of ${allowed.join(', ')}, got ${quoted(value)}`);
  return found;
}

function invalid(message: string): TallyError {
  return new TallyError('invalid_argument', message);
}
