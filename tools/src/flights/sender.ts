import { setTimeout as delay } from 'node:timers/promises';
import { eventOf, type Flight } from './flights.js';
import type { Journal } from './journal.js';

export const BATCH_SIZE = 1000;
/** Copies are recognised for 10 minutes: one is left for clocks and for the way. */
const RESEND_WITHIN_MS = 9 * 60_000;
const RETRY_MS = 500;

export interface SenderOptions {
  /** Base URL of the public API. */
  readonly gateway: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly journal: Journal;
  readonly now: () => number;
  readonly report: (line: string) => void;
}

export interface Sent {
  /** Events that were acknowledged now. */
  readonly sent: number;
  /** Events that were acknowledged in an earlier run. */
  readonly before: number;
  /** Batches that nobody may send again. */
  readonly doubtful: readonly number[];
}

/**
 * Streams the flights in batches through the public API. A batch without an answer is sent again,
 * which is safe as long as its copies are recognised; after that it is left alone.
 */
export async function sendFlights(
  flights: readonly Flight[],
  { gateway, headers, journal, now, report }: SenderOptions,
): Promise<Sent> {
  let sent = 0;
  let before = 0;
  const doubtful: number[] = [];
  for (let batch = 0; batch * BATCH_SIZE < flights.length; batch++) {
    const part = flights.slice(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE);
    const body = part.map((flight) => JSON.stringify(eventOf(flight))).join('\n');
    if (journal.state(batch).kind === 'acknowledged') {
      before += part.length;
      continue;
    }
    while (journal.state(batch).kind !== 'acknowledged') {
      const state = journal.state(batch);
      if (state.kind === 'in doubt' && now() - state.since > RESEND_WITHIN_MS) {
        doubtful.push(batch);
        report(
          `batch ${batch} was sent more than 9 minutes ago without an answer: sending it again could count it twice; begin anew with --fresh`,
        );
        break;
      }
      journal.record(batch, 'sending', now());
      if (await post(`${gateway}/v1/events`, headers, body, part.length, report)) {
        journal.record(batch, 'acknowledged', now());
        sent += part.length;
      } else await delay(RETRY_MS);
    }
  }
  return { sent, before, doubtful };
}

/** False when nobody knows, or when it may be tried again; throws when that is of no use. */
async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  events: number,
  report: (line: string) => void,
): Promise<boolean> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', ...headers },
      body,
    });
  } catch (error) {
    report(`no answer, trying again: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  const text = await response.text();
  if (response.status === 202) {
    const { accepted } = JSON.parse(text) as { accepted: number };
    if (accepted !== events) throw new Error(`${accepted} of ${events} events accepted: ${text}`);
    return true;
  }
  if (response.status < 500) throw new Error(`the gateway answered ${response.status}: ${text}`);
  report(`the gateway answered ${response.status}, trying again: ${text}`);
  return false;
}
