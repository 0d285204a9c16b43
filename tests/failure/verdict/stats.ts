import { EVENT_TYPE } from '../traffic/clients.js';

/** Figures of one subject, or of one minute of it. */
export interface Figures {
  count: number;
  cents: number;
}

export interface Answer {
  /** ms since 1970; undefined: the answer says nothing of its age. */
  readonly asOfMs: number | undefined;
  /** By subject, without those of missing shards. */
  readonly totals: ReadonlyMap<string, Figures>;
  /** By subject and start of the minute (`subject@ms`); empty for granularity total. */
  readonly minutes: ReadonlyMap<string, Figures>;
}

interface StatsDocument {
  readonly series: readonly {
    readonly subject: string;
    readonly missing?: true;
    readonly points: readonly {
      readonly start: string;
      readonly count: number;
      readonly sum?: number | string;
    }[];
  }[];
  readonly meta: { readonly asOf: string | null };
}

const HOUR_MS = 3_600_000;
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
  const query = new URLSearchParams([
    ['type', EVENT_TYPE],
    ['function', 'count,sum'],
    ['granularity', granularity],
    ['from', hourFromNow(-HOURS_BACK)],
    ['to', hourFromNow(1)],
    ...subjects.map((subject): [string, string] => ['subject', subject]),
  ]);
  const response = await fetch(`${gateway}/v1/stats?${query.toString()}`, {
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`the gateway answered ${response.status}: ${text}`);
  const { series, meta } = JSON.parse(text) as StatsDocument;
  const totals = new Map<string, Figures>();
  const minutes = new Map<string, Figures>();
  for (const { subject, missing, points } of series) {
    if (missing === true) continue;
    const total = { count: 0, cents: 0 };
    for (const { start, count, sum } of points) {
      const cents = Math.round(Number(sum ?? 0) * 100);
      total.count += count;
      total.cents += cents;
      if (granularity === 'minute')
        minutes.set(`${subject}@${Date.parse(start)}`, { count, cents });
    }
    totals.set(subject, total);
  }
  return { asOfMs: meta.asOf === null ? undefined : Date.parse(meta.asOf), totals, minutes };
}
