import { setTimeout as delay } from 'node:timers/promises';
import type { Figures } from './figures.js';
import { EVENT_TYPE } from './flights.js';

const POLL_MS = 100;

interface StatsAnswer {
  readonly series: readonly {
    readonly subject: string;
    readonly points: readonly Omit<Figures, 'airport'>[];
  }[];
  readonly meta: { readonly asOf: string | null };
}

export interface ReaderOptions {
  readonly gateway: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly airports: readonly string[];
  /** ISO 8601, from inclusive, to exclusive. */
  readonly from: string;
  readonly to: string;
}

/** All airports in one question. */
export async function readFigures(options: ReaderOptions): Promise<Map<string, Figures>> {
  return (await ask(options)).figures;
}

/** Asks until the answer holds everything that was acknowledged before an instant (ms since 1970). */
export async function readFiguresAsOf(
  options: ReaderOptions,
  instant: number,
  timeoutMs: number,
): Promise<Map<string, Figures>> {
  const deadline = performance.now() + timeoutMs;
  let asOf: string | null = null;
  while (performance.now() < deadline) {
    const answer = await ask(options);
    asOf = answer.asOf;
    if (asOf !== null && Date.parse(asOf) >= instant) return answer.figures;
    await delay(POLL_MS);
  }
  throw new Error(
    `what was acknowledged until ${new Date(instant).toISOString()} is not in the answer after ${timeoutMs} ms: it is as of ${asOf}`,
  );
}

async function ask({ gateway, headers, airports, from, to }: ReaderOptions) {
  const query = new URLSearchParams([
    ['type', EVENT_TYPE],
    ['function', 'count,sum,avg,min,max'],
    ['granularity', 'total'],
    ['from', from],
    ['to', to],
    ...airports.map((airport): [string, string] => ['subject', airport]),
  ]);
  const response = await fetch(`${gateway}/v1/stats?${query.toString()}`, { headers });
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(`the gateway answered ${response.status} to a question: ${text}`);
  const { series, meta } = JSON.parse(text) as StatsAnswer;
  const figures = new Map<string, Figures>();
  for (const { subject, points } of series) {
    const [point] = points;
    if (point !== undefined) figures.set(subject, { ...point, airport: subject });
  }
  return { figures, asOf: meta.asOf };
}
