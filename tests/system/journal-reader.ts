import { DAY_MS, HOUR_MS } from '@tally/contracts';

/** What came of one question. */
export interface Reading {
  readonly tookMs: number;
  readonly status: number;
  readonly retryAfter: string | null;
  /** Events of each subject in the order asked; of those that are missing 0. */
  readonly counts: readonly number[];
  readonly missing: readonly string[];
  readonly isStale: boolean;
  /** RFC 3339; empty when the answer cannot say. */
  readonly asOf: string;
}

interface Series {
  readonly subject: string;
  readonly points: readonly { readonly count: number }[];
  readonly missing?: boolean;
}
interface Answer {
  readonly series?: readonly Series[];
  readonly meta?: { readonly asOf: string | null; readonly stale: boolean };
}

/** Asks for the hours around now, always the same ones, and keeps a journal of what came. */
export class JournalReader {
  readonly journal: Reading[] = [];
  private readonly time: string;

  constructor(
    private readonly gateway: string,
    private readonly type: string,
  ) {
    const [from, to] = [-DAY_MS, HOUR_MS].map((ms) => new Date(Date.now() + ms).toISOString());
    this.time = `granularity=hour&from=${from}&to=${to}`;
  }

  async read(subjects: readonly string[]): Promise<Reading> {
    const asked = subjects.map((subject) => `subject=${encodeURIComponent(subject)}`).join('&');
    const began = performance.now();
    const response = await fetch(
      `${this.gateway}/v1/stats?type=${this.type}&${this.time}&${asked}`,
      { signal: AbortSignal.timeout(15_000) },
    );
    const { series = [], meta } = (await response.json()) as Answer;
    const reading = {
      tookMs: Math.round(performance.now() - began),
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      counts: series.map(({ points }) => points.reduce((sum, { count }) => sum + count, 0)),
      missing: series.filter(({ missing }) => missing).map(({ subject }) => subject),
      isStale: meta?.stale ?? false,
      asOf: meta?.asOf ?? '',
    };
    this.journal.push(reading);
    return reading;
  }
}
