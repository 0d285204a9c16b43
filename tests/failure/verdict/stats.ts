import { readStats } from '@tally/client';
import { HOUR_MS } from '@tally/contracts';
import { EVENT_TYPE } from '../traffic/clients.js';
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

/** Events are three hours old at most when they are sent. */
const HOURS_BACK = 5;

function hourFromNow(hours: number): string {
  return new Date(Math.ceil(Date.now() / HOUR_MS + hours) * HOUR_MS).toISOString();
}

/** Asks the public API; throws when it does not answer with figures. */
export async function askStats(
  gateway: string,
  subjects: readonly string[],
  granularity: 'total' | 'minute',
): Promise<Answer> {
  const { series, meta } = await readStats(
    { gateway, apiKey: '' },
    {
      type: EVENT_TYPE,
      subjects,
      functions: ['count', 'sum', 'unique', 'p50'],
      granularity,
      from: hourFromNow(-HOURS_BACK),
      to: hourFromNow(1),
    },
  );
  const totals = new Map<string, Figures>();
  const minutes = new Map<string, Figures>();
  const estimates = new Map<string, Estimates>();
  for (const { subject, missing, points } of series) {
    if (missing === true) continue;
    const total = { count: 0, cents: 0 };
    for (const { start, sum, ...point } of points) {
      const count = Number(point.count);
      const cents = Math.round(Number(sum ?? 0) * 100);
      total.count += count;
      total.cents += cents;
      const { unique = null, p50: median = null } = point;
      const key = granularity === 'minute' ? `${subject}@${Date.parse(start)}` : subject;
      estimates.set(key, { unique, median });
      if (granularity === 'minute') minutes.set(key, { count, cents });
    }
    totals.set(subject, total);
  }
  const asOfMs = meta.asOf === null ? undefined : Date.parse(meta.asOf);
  return { asOfMs, totals, minutes, estimates };
}
