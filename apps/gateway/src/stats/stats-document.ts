import type { query } from '@tally/contracts';
import { average, jsonNumber, microText } from './exact-number.js';
import { FUNCTIONS, LATENESS_MS, type StatsFunction } from './limits.js';
import { windowMsOf, type StatsQuestion } from './stats-question.js';

type Window = Omit<query.Window, 'startMs'>;

const NO_EVENTS: Window = { count: '0', valued: '0', sumMicro: '0' };

export interface Freshness {
  readonly nowMs: number;
  /** An answer that is complete to an instant longer ago is stale. */
  readonly staleAfterMs: number;
}

/**
 * The answer as JSON text. It is written by hand, because numbers go from their exact decimal into
 * the text and never through a double.
 */
export function writeAnswer(
  question: StatsQuestion,
  answer: query.GetStatsResponse,
  freshness: Freshness,
): string {
  const { type, granularity, fromMs, toMs } = question;
  const points = new PointWriter(question);
  const series = answer.subjects.map((stats) => {
    const missing = stats.missing ? ',"missing":true' : '';
    return `{"subject":${JSON.stringify(stats.subject)},"points":[${points.write(stats)}]${missing}}`;
  });
  const head = {
    type,
    granularity,
    timezone: 'UTC',
    from: isoText(fromMs),
    to: isoText(toMs),
  };
  const meta = JSON.stringify(metaOf(answer, freshness));
  return `${JSON.stringify(head).slice(0, -1)},"series":[${series.join(',')}],"meta":${meta}}`;
}

/** RFC 3339 in UTC, without milliseconds where there are none. */
export function isoText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function metaOf(answer: query.GetStatsResponse, { nowMs, staleAfterMs }: Freshness): object {
  const asOfMs = answer.asOfMs === undefined ? undefined : Number(answer.asOfMs);
  return {
    asOf: asOfMs === undefined ? null : isoText(asOfMs),
    completeThrough: asOfMs === undefined ? null : isoText(asOfMs - LATENESS_MS),
    stale: asOfMs === undefined || nowMs - asOfMs > staleAfterMs,
    missingShards: answer.missingShards,
    exact: answer.missingShards.length === 0,
  };
}

/** Writes the points of the subjects of one question. */
class PointWriter {
  private readonly functions: readonly StatsFunction[];
  private readonly windowMs: number | undefined;
  /** Subjects have the same windows. */
  private readonly heads = new Map<number, string>();

  constructor(private readonly question: StatsQuestion) {
    this.functions = FUNCTIONS.filter((name) => question.functions.has(name));
    this.windowMs = windowMsOf(question.granularity);
  }

  write({ windows, missing }: query.SubjectStats): string {
    // Nothing is known of a subject whose shard did not answer: not that it has no events either.
    if (missing) return '';
    const { fromMs, fillZero } = this.question;
    if (this.windowMs === undefined) return this.point(fromMs, windows[0] ?? NO_EVENTS);
    if (!fillZero)
      return windows.map((window) => this.point(Number(window.startMs), window)).join(',');
    return this.filled(windows, this.windowMs);
  }

  private filled(windows: readonly query.Window[], windowMs: number): string {
    const { fromMs, toMs } = this.question;
    const points: string[] = [];
    let next = 0;
    for (let start = fromMs - (fromMs % windowMs); start < toMs; start += windowMs) {
      const window = windows[next];
      const isThere = window !== undefined && Number(window.startMs) === start;
      if (isThere) next += 1;
      points.push(this.point(start, isThere ? window : NO_EVENTS));
    }
    return points.join(',');
  }

  private point(startMs: number, window: Window): string {
    let text = this.heads.get(startMs);
    if (text === undefined) {
      text = this.head(startMs);
      this.heads.set(startMs, text);
    }
    for (const name of this.functions) text += `,"${name}":${valueOf(name, window)}`;
    return `${text}}`;
  }

  /** The first and the last window are cut to what was asked, and say so. */
  private head(startMs: number): string {
    const { fromMs, toMs } = this.question;
    const endMs = this.windowMs === undefined ? toMs : Math.min(startMs + this.windowMs, toMs);
    return `{"start":"${isoText(Math.max(startMs, fromMs))}","end":"${isoText(endMs)}"`;
  }
}

function valueOf(name: StatsFunction, window: Window): string {
  switch (name) {
    case 'count':
      return jsonNumber(window.count);
    case 'sum':
      return jsonNumber(microText(window.sumMicro));
    case 'avg':
      return window.valued === '0'
        ? 'null'
        : String(average(BigInt(window.sumMicro), BigInt(window.valued)));
    case 'min':
      return window.minMicro === undefined ? 'null' : jsonNumber(microText(window.minMicro));
    case 'max':
      return window.maxMicro === undefined ? 'null' : jsonNumber(microText(window.maxMicro));
  }
}
