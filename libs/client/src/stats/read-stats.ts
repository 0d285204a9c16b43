import type { Target } from '../delivery/deliver.js';
import { pause } from '../sending/backoff.js';

const ANSWER_WITHIN_MS = 15_000;
const POLL_MS = 100;

/** What is asked for of the values of a window. */
export type StatsFunction = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'unique' | Quantile;
/** The value below which so many percent are, e.g. `p99.9`. */
export type Quantile = `p${number}`;

/** A question to `GET /v1/stats`. */
export interface StatsQuestion {
  readonly type: string;
  /** 1 to 500. */
  readonly subjects: readonly string[];
  readonly functions: readonly StatsFunction[];
  /** Of `unique`: whose different values are counted; by default the only one that the type declares. */
  readonly attribute?: string;
  /** `total` by default: one window as long as the question. */
  readonly granularity?: 'total' | 'minute' | 'hour' | 'day';
  /** Names of dimensions: a series for each combination of their values that there is. */
  readonly groupBy?: readonly string[];
  /** `name:value`: only events with one of these values of the dimension; or with none of these. */
  readonly filters?: readonly string[];
  readonly excludes?: readonly string[];
  /** RFC 3339, rounded outward to the granularity; from inclusive, to exclusive. */
  readonly from: string;
  readonly to: string;
}

/**
 * What was asked for of one window of one subject. A number that a double cannot hold comes as text;
 * avg, min and max of a window without values are null. Estimates (`unique` and quantiles) are null too
 * where the type had not declared for all events what is asked.
 */
export interface StatsPoint extends Readonly<Record<Quantile, number | null | undefined>> {
  readonly start: string;
  readonly end: string;
  readonly count?: number | string;
  readonly sum?: number | string;
  readonly avg?: number | null;
  readonly min?: number | string | null;
  readonly max?: number | string | null;
  readonly unique?: number | null;
}

/** The windows of one subject, in order. */
export interface StatsSeries {
  readonly subject: string;
  /** Where it was grouped: the value of each of these dimensions; null: the events lack it. */
  readonly group?: Readonly<Record<string, string | number | boolean | null>>;
  /** Its shard did not answer: nothing is known of it. */
  readonly missing?: true;
  /** Its shard did not answer: these are the points of an earlier answer, complete to `asOf` (RFC 3339). */
  readonly stale?: true;
  readonly asOf?: string;
  readonly points: readonly StatsPoint[];
}

/** An answer, as far as its readers here need it. */
export interface StatsAnswer {
  readonly series: readonly StatsSeries[];
  readonly meta: {
    /** Everything acknowledged before this instant is in the answer; null when nobody knows. */
    readonly asOf: string | null;
  };
}

/** There is no answer now (429, 503, 504): the same question may have one a little later. */
export class NoAnswerNowError extends Error {
  override readonly name = 'NoAnswerNowError';
}

const NOT_NOW: ReadonlySet<number> = new Set([429, 503, 504]);

/**
 * Asks the public API. Rejects with a NoAnswerNowError when it says so, and with another when it does not
 * answer within 15 s, or not with figures.
 */
export async function readStats(
  { gateway, apiKey }: Target,
  question: StatsQuestion,
): Promise<StatsAnswer> {
  const { type, subjects, functions, attribute, granularity = 'total', from, to } = question;
  const query = new URLSearchParams({
    type,
    function: functions.join(','),
    granularity,
    from,
    to,
  });
  if (attribute !== undefined) query.set('attribute', attribute);
  for (const subject of subjects) query.append('subject', subject);
  const { groupBy = [], filters = [], excludes = [] } = question;
  for (const name of groupBy) query.append('group_by', name);
  for (const filter of filters) query.append('filter', filter);
  for (const exclude of excludes) query.append('exclude', exclude);
  const headers: Record<string, string> =
    apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };
  const response = await fetch(`${gateway}/v1/stats?${query.toString()}`, {
    headers,
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const text = await response.text();
  if (response.status !== 200) {
    const Refusal = NOT_NOW.has(response.status) ? NoAnswerNowError : Error;
    throw new Refusal(`the gateway answered ${response.status} to a question: ${text}`);
  }
  return JSON.parse(text) as StatsAnswer;
}

/** Asks again while there is no answer now, for so many ms; rejects as the last question did. */
export async function untilAnswered<T>(ask: () => Promise<T>, withinMs: number): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NoAnswerNowError) || performance.now() >= deadline) throw error;
      await pause(POLL_MS);
    }
}

/**
 * Asks until the answer holds everything that was acknowledged before an instant (ms since 1970).
 * Rejects when it does not within so many ms, and as `readStats` does.
 */
export async function readStatsAsOf(
  target: Target,
  question: StatsQuestion,
  instant: number,
  withinMs: number,
): Promise<StatsAnswer> {
  const deadline = performance.now() + withinMs;
  let asOf: string | null = null;
  while (performance.now() < deadline) {
    const leftMs = deadline - performance.now();
    const answer = await untilAnswered(() => readStats(target, question), leftMs);
    asOf = answer.meta.asOf;
    if (asOf !== null && Date.parse(asOf) >= instant) return answer;
    await pause(POLL_MS);
  }
  throw new Error(
    `what was acknowledged until ${new Date(instant).toISOString()} is not in the answer after ${withinMs} ms: it is as of ${asOf}`,
  );
}
