import { readStats, type StatsPoint, type StatsQuestion } from '@tally/client';
import { HOUR_MS } from '@tally/contracts';
import type { Traffic } from '../traffic/traffic.js';
import type { Estimates } from './estimates.js';

/** Figures of one subject, or of one minute of it. */
export interface Figures {
  count: number;
  cents: number;
}

/** What the public API says of the subjects of a trial. */
export interface Answer {
  /** ms since 1970; undefined: the answer says nothing of its age. */
  readonly asOfMs: number | undefined;
  /** By subject, without those of missing shards. */
  readonly totals: ReadonlyMap<string, Figures>;
  /** By subject and start of the minute (`subject@ms`); empty for granularity total. */
  readonly minutes: ReadonlyMap<string, Figures>;
  /** Of what was asked for: by subject, or by subject and minute. */
  readonly estimates: ReadonlyMap<string, Estimates>;
}

/** Events are a day old at most when they are sent. */
const HOURS_BACK = 26;

/** What all questions have in common. */
export function questionOf({ type }: Traffic, subjects: readonly string[]) {
  return {
    type,
    subjects,
    functions: ['count', 'sum', 'unique', 'p50'],
    from: hourFromNow(-HOURS_BACK),
    to: hourFromNow(1),
  } satisfies StatsQuestion;
}

function hourFromNow(hours: number): string {
  return new Date(Math.ceil(Date.now() / HOUR_MS + hours) * HOUR_MS).toISOString();
}

/** Asks the public API; throws when it does not answer with figures. */
export async function askStats(
  gateway: string,
  traffic: Traffic,
  subjects: readonly string[],
  granularity: 'total' | 'minute',
): Promise<Answer> {
  const question = { ...questionOf(traffic, subjects), granularity };
  const { series, meta } = await readStats({ gateway, apiKey: '' }, question);
  const totals = new Map<string, Figures>();
  const minutes = new Map<string, Figures>();
  const estimates = new Map<string, Estimates>();
  for (const { subject, missing, points } of series) {
    if (missing === true) continue;
    const total = { count: 0, cents: 0 };
    for (const point of points) {
      const figures = figuresOf(point);
      total.count += figures.count;
      total.cents += figures.cents;
      const key = granularity === 'minute' ? `${subject}@${Date.parse(point.start)}` : subject;
      estimates.set(key, estimatesIn(point));
      if (granularity === 'minute') minutes.set(key, figures);
    }
    totals.set(subject, total);
  }
  const asOfMs = meta.asOf === null ? undefined : Date.parse(meta.asOf);
  return { asOfMs, totals, minutes, estimates };
}

export function figuresOf({ count, sum = 0 }: StatsPoint): Figures {
  return { count: Number(count), cents: Math.round(Number(sum) * 100) };
}

export function estimatesIn({ unique = null, p50: median = null }: StatsPoint): Estimates {
  return { unique, median };
}
