import type { query, StatsAnswer, Windows } from '@tally/contracts';
import { average, jsonNumber, microText } from './exact-number.js';
import { errorsOf, FigureWriter, NO_FIGURES } from './figures.js';
import { isoText } from './iso-text.js';
import { FUNCTIONS, LATENESS_MS, type StatsFunction } from './limits.js';
import { windowMsOf, type StatsQuestion } from './stats-question.js';

type Subject = StatsAnswer['subjects'][number];
type Window = Omit<query.Window, 'startMs'>;

const NO_EVENTS: Window = { count: '0', valued: '0', sumMicro: '0' };

export interface Freshness {
  readonly nowMs: number;
  /** An answer that is complete to an instant longer ago is stale. */
  readonly staleAfterMs: number;
}

/** What an answer says beside what the shards say. */
export interface Surroundings extends Freshness {
  /** For people; none by default. */
  readonly warnings?: readonly string[];
}

/**
 * The answer as JSON text, in short pieces: windows without events are made as they are written. It is
 * written by hand, because numbers go from their exact decimal into the text and never through a double.
 */
export function* answerPieces(
  question: StatsQuestion,
  answer: StatsAnswer,
  { warnings = [], ...freshness }: Surroundings,
): Generator<string, void> {
  const { type, granularity, fromMs, toMs, figures = NO_FIGURES } = question;
  const errors = errorsOf(figures);
  const head = {
    type,
    granularity,
    timezone: 'UTC',
    from: isoText(fromMs),
    to: isoText(toMs),
  };
  const meta = JSON.stringify({
    ...metaOf(answer, freshness),
    // What is estimated is not exact, whoever answers.
    ...(errors === undefined ? {} : { exact: false, errors }),
    ...(warnings.length > 0 ? { warnings } : {}),
  });
  const points = new PointWriter(question);
  yield `${JSON.stringify(head).slice(0, -1)},"series":[`;
  let comma = '';
  for (const stats of answer.subjects) {
    yield `${comma}{"subject":${JSON.stringify(stats.subject)}${groupOf(question, stats)},"points":[`;
    yield* points.write(stats);
    yield `]${ageOf(stats)}}`;
    comma = ',';
  }
  yield `],"meta":${meta}}`;
}

/** The values of the dimensions by which is grouped; nothing where there is no group. */
function groupOf({ grouping }: StatsQuestion, { group }: Subject): string {
  if (grouping === undefined || grouping.groupBy.length === 0 || group === undefined) return '';
  const values = JSON.parse(group) as readonly unknown[];
  const named = grouping.groupBy.map((name, index) => [name, values[index]] as const);
  return `,"group":${JSON.stringify(Object.fromEntries(named))}`;
}

/** What a series says that is not as of now: nothing where its shard answered. */
function ageOf({ missing, asOfMs }: Subject): string {
  if (missing) return ',"missing":true';
  return asOfMs === undefined ? '' : `,"stale":true,"asOf":"${isoText(Number(asOfMs))}"`;
}

function metaOf(answer: StatsAnswer, { nowMs, staleAfterMs }: Freshness): object {
  const asOfMs = answer.asOfMs === undefined ? undefined : Number(answer.asOfMs);
  return {
    asOf: asOfMs === undefined ? null : isoText(asOfMs),
    completeThrough: asOfMs === undefined ? null : isoText(asOfMs - LATENESS_MS),
    stale:
      asOfMs === undefined ||
      nowMs - asOfMs > staleAfterMs ||
      answer.subjects.some((stats) => stats.asOfMs !== undefined),
    missingShards: answer.missingShards,
    exact: answer.missingShards.length === 0,
  };
}

/** Writes the points of the subjects of one question. */
class PointWriter {
  private readonly functions: readonly StatsFunction[];
  private readonly windowMs: number | undefined;
  private readonly noEvents: string;
  private readonly figures: FigureWriter;
  /** The end of a window is most often the start of the next. */
  private last = { ms: NaN, text: '' };

  constructor(private readonly question: StatsQuestion) {
    this.functions = FUNCTIONS.filter((name) => question.functions.has(name));
    this.windowMs = windowMsOf(question.granularity);
    this.figures = new FigureWriter(question.figures ?? NO_FIGURES);
    this.noEvents = this.values(NO_EVENTS) + this.figures.noEvents;
  }

  *write({ windows, missing, figures }: Subject): Generator<string, void> {
    // Nothing is known of a subject whose shard did not answer: not that it has no events either.
    if (missing) return;
    const { fromMs, fillZero } = this.question;
    const { windowMs } = this;
    if (windowMs === undefined) {
      const [all] = windows;
      yield this.point(fromMs, all === undefined ? this.noEvents : this.all(all, figures, 0));
      return;
    }
    if (fillZero) {
      yield* this.filled(windows, figures, windowMs);
      return;
    }
    let comma = '';
    let index = 0;
    for (const window of windows) {
      yield comma + this.point(Number(window.startMs), this.all(window, figures, index));
      comma = ',';
      index += 1;
    }
  }

  private *filled(
    windows: Windows,
    figures: Subject['figures'],
    windowMs: number,
  ): Generator<string, void> {
    const { fromMs, toMs } = this.question;
    const all = windows[Symbol.iterator]();
    let next = all.next();
    let index = 0;
    let comma = '';
    for (let start = fromMs; start < toMs; start += windowMs) {
      const window = next.done ? undefined : next.value;
      const isThere = window !== undefined && Number(window.startMs) === start;
      yield comma + this.point(start, isThere ? this.all(window, figures, index) : this.noEvents);
      if (isThere) {
        next = all.next();
        index += 1;
      }
      comma = ',';
    }
  }

  private point(startMs: number, values: string): string {
    const { toMs } = this.question;
    const start = this.instant(startMs);
    const end = this.instant(this.windowMs === undefined ? toMs : startMs + this.windowMs);
    return `{"start":"${start}","end":"${end}"${values}}`;
  }

  private all(window: Window, figures: Subject['figures'], index: number): string {
    return this.values(window) + this.figures.write(figures, index);
  }

  private instant(ms: number): string {
    if (this.last.ms !== ms) this.last = { ms, text: isoText(ms) };
    return this.last.text;
  }

  private values(window: Window): string {
    let text = '';
    for (const name of this.functions) text += `,"${name}":${valueOf(name, window)}`;
    return text;
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
