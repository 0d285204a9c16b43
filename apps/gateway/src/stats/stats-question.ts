import {
  EVENT_TYPE_PATTERN,
  isEventTypeName,
  MAX_SUBJECT_BYTES,
  MAX_SUBJECTS,
  MAX_GROUPS,
  MINUTE_MS,
  TallyError,
  windowMinutesOf,
  type shardProxy,
} from '@tally/contracts';
import { quoted } from '../events/rejection.js';
import { utf8Bytes } from '../events/text-rule.js';
import { ParameterReader } from '../http/parameter-reader.js';
import { readTimes, type TimeRange } from './asked-times.js';
import { readGrouping, type DimensionsOf } from './stats-grouping.js';
import { isFigure, readFigures, UNIQUE, type Figures } from './figures.js';
import {
  FUNCTIONS,
  GRANULARITIES,
  MAX_DEFAULT_WINDOWS,
  TIME_ZONES,
  WIRE_GRANULARITY,
  type Granularity,
  type StatsFunction,
} from './limits.js';

export interface StatsQuestion {
  readonly type: string;
  /** Each once, in the order of their first appearance. */
  readonly subjects: readonly string[];
  readonly functions: ReadonlySet<StatsFunction>;
  /** Undefined: all events of each subject, in one series. */
  readonly grouping?: shardProxy.Grouping | undefined;
  /** What is answered from sketches; absent: nothing. */
  readonly figures?: Figures;
  /** ms since 1970, where windows begin (of a total: whole minutes); from inclusive, to exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly granularity: Granularity;
  readonly fillZero: boolean;
  readonly allowPartial: boolean;
}

const FIGURES = `, ${UNIQUE}, a quantile from p0 to p100`;

export const STATS_PARAMETERS = [
  'type',
  'subject',
  'function',
  'group_by',
  'filter',
  'exclude',
  'attribute',
  'from',
  'to',
  'granularity',
  'timezone',
  'fill',
  'partial',
] as const;

/** Bounds of one answer, in points that it has. */
export interface PointLimits {
  readonly maxPoints: number;
  /** With windows that have no events. */
  readonly maxFilledPoints: number;
}

/**
 * Reads the question of a request target, asked at `nowMs`. TallyError `invalid_argument` with all
 * that is wrong with it; what `dimensionsOf` throws where it is asked.
 */
export function readQuestion(
  target: string,
  limits: PointLimits,
  nowMs: number,
  dimensionsOf: DimensionsOf,
): StatsQuestion {
  const reader = new ParameterReader(target, STATS_PARAMETERS);
  const type = readType(reader);
  const subjects = readSubjects(reader);
  const grouping = type === undefined ? undefined : readGrouping(reader, type, dimensionsOf);
  const { words: functions, others } = reader.wordsAnd('function', FUNCTIONS, isFigure, FIGURES);
  const figures = readFigures(reader, others);
  const times = readTimes(reader, nowMs);
  const asked = reader.word('granularity', GRANULARITIES);
  readTimeZone(reader);
  const fillZero = reader.word('fill', ['zero']) !== undefined;
  const allowPartial = reader.word('partial', ['allow']) !== undefined;
  if (reader.hasProblems || type === undefined || times === undefined) throw reader.refusal();
  const granularity = asked ?? fittingGranularity(times, subjects.length, mostOf(limits, fillZero));
  const question: StatsQuestion = {
    type,
    subjects,
    grouping,
    functions: functions.size + others.length === 0 ? new Set(['count']) : functions,
    ...(figures === undefined ? {} : { figures }),
    ...roundedOutward(times, granularity),
    granularity,
    fillZero,
    allowPartial,
  };
  // How many windows have events only an answer can say.
  if (fillZero || granularity === 'total') assertFits(question, question.subjects.length, limits);
  return question;
}

/** TallyError `invalid_argument` where that many series with all of their windows are more than an answer has. */
export function assertFits(question: StatsQuestion, series: number, limits: PointLimits): void {
  const { granularity, fillZero } = question;
  if (windowsOf(question, granularity) * series > mostOf(limits, fillZero))
    throw tooManyPoints(question, limits);
}

/** Series times windows: the most points that the answer may have; without groups and with fill=zero just so many. */
export function pointsOf(question: StatsQuestion, granularity = question.granularity): number {
  const { subjects, grouping } = question;
  const groups = grouping === undefined || grouping.groupBy.length === 0 ? 1 : MAX_GROUPS;
  return windowsOf(question, granularity) * subjects.length * groups;
}

/** Why a question is not answered that has more points than one answer may have, and what would do. */
export function tooManyPoints(question: StatsQuestion, limits: PointLimits): TallyError {
  const { fillZero, granularity, grouping } = question;
  const most = mostOf(limits, fillZero);
  const fitting = GRANULARITIES.slice(GRANULARITIES.indexOf(granularity) + 1).find(
    (coarser) => pointsOf(question, coarser) <= most,
  );
  const isKnown = grouping === undefined && (fillZero || granularity === 'total');
  const got = isKnown ? String(pointsOf(question)) : 'more';
  const advice = [
    ...(fitting === undefined
      ? []
      : [
          `granularity=${fitting} would have ${fillZero ? '' : 'at most '}${pointsOf(question, fitting)}`,
        ]),
    `ask for fewer ${grouping === undefined ? 'subjects' : 'subjects or groups'} or a shorter time`,
    ...(fillZero && granularity !== 'total'
      ? ['without fill=zero, where few windows have events']
      : []),
  ];
  const points = fillZero ? 'points with fill=zero' : 'points';
  return invalid(
    `expected a question with at most ${most} ${points} (${grouping === undefined ? 'subjects' : 'groups'} times windows), got ${got}: ${advice.join(', or ')}`,
  );
}

/** Length of the windows; undefined for a total, which is one as long as the question. */
export function windowMsOf(granularity: Granularity): number | undefined {
  const minutes = windowMinutesOf(WIRE_GRANULARITY[granularity]) ?? Infinity;
  return minutes === Infinity ? undefined : minutes * MINUTE_MS;
}

function mostOf({ maxPoints, maxFilledPoints }: PointLimits, fillZero: boolean): number {
  return fillZero ? Math.min(maxPoints, maxFilledPoints) : maxPoints;
}

function windowsOf({ fromMs, toMs }: TimeRange, granularity: Granularity): number {
  const windowMs = windowMsOf(granularity);
  if (windowMs === undefined) return 1;
  return Math.ceil(toMs / windowMs) - Math.floor(fromMs / windowMs);
}

/** The finest with few enough windows to look at, else days where an answer has room for them. */
function fittingGranularity(times: TimeRange, subjects: number, mostPoints: number): Granularity {
  const fits = (granularity: Granularity, mostWindows: number) => {
    const windows = windowsOf(times, granularity);
    return windows <= mostWindows && windows * subjects <= mostPoints;
  };
  return (
    GRANULARITIES.find((granularity) => fits(granularity, MAX_DEFAULT_WINDOWS[granularity])) ??
    'total'
  );
}

/** Windows are answered whole: those that the question has a part of. */
function roundedOutward({ fromMs, toMs }: TimeRange, granularity: Granularity): TimeRange {
  const windowMs = windowMsOf(granularity) ?? MINUTE_MS;
  return {
    fromMs: Math.floor(fromMs / windowMs) * windowMs,
    toMs: Math.ceil(toMs / windowMs) * windowMs,
  };
}

function readType(reader: ParameterReader): string | undefined {
  const type = reader.one('type');
  const expected = `expected type to be the name of an event type (${EVENT_TYPE_PATTERN})`;
  if (type === undefined) reader.refuse(`${expected}, got none`);
  else if (isEventTypeName(type)) return type;
  else {
    const lower = type.trim().toLowerCase();
    const hint = isEventTypeName(lower) ? ` (is it ${lower}?)` : '';
    reader.refuse(`${expected}, got ${quoted(type)}${hint}`);
  }
  return undefined;
}

function readSubjects(reader: ParameterReader): readonly string[] {
  const given = reader.all('subject');
  const subjects = [...new Set(given)];
  if (subjects.length < 1 || subjects.length > MAX_SUBJECTS)
    reader.refuse(
      `expected 1 to ${MAX_SUBJECTS} subjects, got ${subjects.length}: subject=… for each of them`,
    );
  const wrong = subjects.find((subject) => {
    const bytes = utf8Bytes(subject);
    return bytes < 1 || bytes > MAX_SUBJECT_BYTES;
  });
  if (wrong !== undefined)
    reader.refuse(
      `expected subject to have 1 to ${MAX_SUBJECT_BYTES} bytes of UTF-8 without NUL, got ${quoted(wrong)}`,
    );
  return subjects;
}

function readTimeZone(reader: ParameterReader): void {
  const given = reader.one('timezone');
  if (given === undefined || TIME_ZONES.includes(given.trim().toUpperCase())) return;
  reader.refuse(
    `expected timezone=UTC, got ${quoted(given)}: days are those of UTC alone; hours of another zone come with granularity=hour and instants with an offset`,
  );
}

function invalid(message: string): TallyError {
  return new TallyError('invalid_argument', message);
}
