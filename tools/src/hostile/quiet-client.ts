import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readStatsAsOf, type Target as ClientTarget } from '@tally/client';
import { MINUTE_MS, SECOND_MS } from '@tally/contracts';
import { Phase } from './phase.js';

/** A modest load: fifty events a second, and two questions. */
const SEND_EVERY_MS = 100;
const EVENTS_OF_A_REQUEST = 5;
const ASK_EVERY_MS = 500;
const SUBJECTS = 20;
const TYPE = 'view';
/** A client that counts does not wait longer for one answer. */
const ANSWER_WITHIN_MS = 30 * SECOND_MS;
const RETRY_MS = 100;
/** What it opened while it waited for answers must not look like descriptors that the gateway lost. */
const MAX_FREE_SOCKETS = 4;
/** When all attacks are over, until what was refused is acknowledged, and until it is counted. */
const DELIVERED_WITHIN_MS = MINUTE_MS;
const COUNTED_WITHIN_MS = 2 * MINUTE_MS;

interface Answered {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** What the quiet client was told and what is counted, over all of its subjects. */
export interface Counts {
  readonly acknowledged: number;
  /** Sent and never acknowledged: counted or not. */
  readonly unknown: number;
  readonly counted: number;
  /** Subjects whose count is not what was acknowledged, in sentences. */
  readonly wrong: readonly string[];
}

/**
 * Somebody who only wants to count: sends few events with subjects of its own at a steady pace, never
 * waiting for answers before it sends the next, sends again what was refused, and asks for statistics.
 * Latencies run from when something was due, so that waiting counts.
 */
export class QuietClient {
  readonly phases: Phase[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });
  private readonly acknowledged = new Map<string, number>();
  private readonly sent = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly over = new AbortController();
  /** Past it nothing is sent again. */
  private readonly givenUp = new AbortController();
  private readonly startedAt = Date.now();
  private next = 0;
  private sending: Promise<unknown> = Promise.resolve();

  /** `run`: unique among all runs against one Tally, for its ids and subjects are. */
  constructor(
    private readonly target: ClientTarget,
    private readonly run: string,
  ) {}

  start(): void {
    this.sending = Promise.all([
      this.steadily(SEND_EVERY_MS, (due) => this.send(due)),
      this.steadily(ASK_EVERY_MS, (due) => this.ask(due)),
    ]);
  }

  /** What is due from now on belongs to this phase. */
  begin(name: string): Phase {
    const phase = new Phase(name);
    this.phases.push(phase);
    return phase;
  }

  /** Ends sending, waits until all is acknowledged and counted, and compares. */
  async end(): Promise<Counts> {
    this.over.abort();
    await this.sending;
    const timer = setTimeout(() => this.givenUp.abort(), DELIVERED_WITHIN_MS);
    await Promise.all(this.underWay);
    clearTimeout(timer);
    this.agent.destroy();
    return this.compare();
  }

  private async steadily(everyMs: number, act: (due: number) => Promise<void>): Promise<void> {
    for (let due = performance.now(); !this.over.signal.aborted; due += everyMs) {
      await delay(Math.max(0, due - performance.now()));
      const acting = act(due).finally(() => this.underWay.delete(acting));
      this.underWay.add(acting);
    }
  }

  private async send(due: number): Promise<void> {
    const phase = this.phase;
    const events = Array.from({ length: EVENTS_OF_A_REQUEST }, () => {
      const number = this.next++;
      const subject = `${this.run}-${number % SUBJECTS}`;
      return { id: `${this.run}-${number}`, type: TYPE, subject };
    });
    for (const { subject } of events) add(this.sent, subject);
    const body = JSON.stringify(events);
    while (!this.givenUp.signal.aborted) {
      const answer = await this.exchange('POST', '/v1/events', body);
      if (this.isTaken(answer, phase)) {
        for (const { subject } of events) add(this.acknowledged, subject);
        phase.events.push(performance.now() - due);
        return;
      }
      await delay(RETRY_MS);
    }
    phase.errors.push('a batch was not acknowledged in time');
  }

  /** Refused for now is what a busy server may say; anything else is an error. */
  private isTaken(answer: Answered | string, phase: Phase): boolean {
    if (typeof answer === 'string') {
      phase.errors.push(answer);
      return false;
    }
    const { status, retryAfter, text } = answer;
    if (status === 202) {
      if (!text.includes(`"accepted":${EVENTS_OF_A_REQUEST},`)) phase.errors.push(text);
      return true;
    }
    if ((status === 429 || status === 503) && retryAfter !== undefined) phase.refused += 1;
    else phase.errors.push(`status ${status} ${retryAfter ?? 'without Retry-After'}: ${text}`);
    return false;
  }

  private async ask(due: number): Promise<void> {
    const phase = this.phase;
    const { from, to } = this.span;
    const subject = `${this.run}-${this.next % SUBJECTS}`;
    const query = new URLSearchParams({ type: TYPE, subject, function: 'count', from, to });
    const answer = await this.exchange('GET', `/v1/stats?${query.toString()}`);
    if (typeof answer !== 'string' && answer.status === 200)
      phase.questions.push(performance.now() - due);
    else this.isTaken(answer, phase);
  }

  private get phase(): Phase {
    return this.phases.at(-1) ?? this.begin('before');
  }

  /** The minutes of this run. */
  private get span(): { readonly from: string; readonly to: string } {
    const minute = (ms: number) => new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS).toISOString();
    return { from: minute(this.startedAt - MINUTE_MS), to: minute(Date.now() + 2 * MINUTE_MS) };
  }

  private async compare(): Promise<Counts> {
    const subjects = [...this.sent.keys()];
    const question = {
      type: TYPE,
      subjects,
      functions: ['count'] as const,
      granularity: 'total' as const,
      ...this.span,
    };
    let counts;
    try {
      const { series } = await readStatsAsOf(this.target, question, Date.now(), COUNTED_WITHIN_MS);
      counts = new Map(
        series.map(({ subject, points }) => [subject, Number(points[0]?.count ?? 0)]),
      );
    } catch (error) {
      const wrong = [error instanceof Error ? error.message : String(error)];
      return { ...this.totals, counted: 0, wrong };
    }
    const wrong = subjects.flatMap((subject) => {
      const [least, most] = [this.acknowledged.get(subject) ?? 0, this.sent.get(subject) ?? 0];
      const counted = counts.get(subject) ?? 0;
      if (counted >= least && counted <= most) return [];
      return [`${subject}: ${least} acknowledged, ${most} sent, ${counted} counted`];
    });
    return { ...this.totals, counted: total(counts), wrong };
  }

  private get totals(): { readonly acknowledged: number; readonly unknown: number } {
    const acknowledged = total(this.acknowledged);
    return { acknowledged, unknown: total(this.sent) - acknowledged };
  }

  /** A sentence instead of an answer where there was none. */
  private exchange(method: string, path: string, body = ''): Promise<Answered | string> {
    const { gateway, apiKey } = this.target;
    const headers: Record<string, string> = {};
    if (apiKey !== '') headers['authorization'] = `Bearer ${apiKey}`;
    if (body !== '') headers['content-type'] = 'application/json';
    const started = performance.now();
    return new Promise((resolve) => {
      const failed = (error: Error) =>
        resolve(
          `${method} after ${Math.round(performance.now() - started)} ms: ${error.message || error.name}`,
        );
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const { agent } = this;
      const asking = request(gateway + path, { method, headers, agent, signal }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', failed);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            text,
          }),
        );
      });
      asking.on('error', failed);
      asking.end(body);
    });
  }
}

function add(counts: Map<string, number>, subject: string): void {
  counts.set(subject, (counts.get(subject) ?? 0) + 1);
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}
