import { setTimeout as delay } from 'node:timers/promises';
import { EventSource, type SentEvent } from './event-source.js';
import type { Journal, Outcome } from './journal.js';
import type { Random } from './random.js';

export const EVENT_TYPE = 'view';
const CLIENTS = 4;
const PAUSE_MS = 10;
const RETRY_MS = 100;
const ANSWER_WITHIN_MS = 15_000;
/** Who was told to stop sends what it began for so long, and no longer. */
const SETTLES_WITHIN_MS = 60_000;
/** Of a hundred batches whose fate is unknown so many are left at that; the others are sent until acknowledged. */
const GIVEN_UP_PERCENT = 20;
/** Of a hundred acknowledged batches so many are sent again, as by a client that lost the answer. */
const REPEATED_PERCENT = 5;

export interface ClientsOptions {
  readonly gateway: string;
  readonly seed: number;
  readonly random: Random;
  readonly journal: Journal;
}

/** Some clients that send without end, each its own events, and try again as the API asks them to. */
export class Clients {
  private readonly stopping = new AbortController();
  private readonly working: Promise<unknown>;
  private givesUpAt = Infinity;

  constructor(private readonly options: ClientsOptions) {
    const { seed, random } = options;
    const endMs = Date.now();
    this.working = Promise.all(
      Array.from({ length: CLIENTS }, (_, number) => {
        const name = `s${seed}-${endMs.toString(36)}-c${number}`;
        const part = random.part(number);
        return this.send(name, new EventSource(name, seed, part, endMs), part);
      }),
    );
    // Whoever stops the clients hears of it; until then it is not an unhandled rejection.
    this.working.catch(() => undefined);
  }

  /**
   * Sends nothing new any more; resolves when everything begun is acknowledged or given up, rejects
   * when that takes longer than a platform needs that is whole.
   */
  async stop(): Promise<void> {
    this.givesUpAt = performance.now() + SETTLES_WITHIN_MS;
    this.stopping.abort();
    await this.working;
  }

  private async send(name: string, source: EventSource, random: Random): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const batch = source.nextBatch();
      const isAcknowledged = await this.sendUntilKnown(name, batch, random);
      if (isAcknowledged && random.chance(REPEATED_PERCENT)) await this.post(name, batch);
      await delay(PAUSE_MS);
    }
  }

  private async sendUntilKnown(
    name: string,
    batch: readonly SentEvent[],
    random: Random,
  ): Promise<boolean> {
    this.options.journal.sending(batch);
    const patience = random.chance(GIVEN_UP_PERCENT) ? 1 : Infinity;
    for (let tries = 1; ; tries++) {
      if ((await this.post(name, batch)) === 202) return true;
      if (tries >= patience) return false;
      if (performance.now() >= this.givesUpAt)
        throw new Error(`a batch of ${name} is not acknowledged after ${tries} tries`);
      await delay(RETRY_MS);
    }
  }

  private async post(name: string, batch: readonly SentEvent[]): Promise<Outcome> {
    const { gateway, journal } = this.options;
    let outcome: Outcome = 'no answer';
    let detail: string;
    try {
      const response = await fetch(`${gateway}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: batch.map(lineOf).join('\n'),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      detail = await response.text();
      outcome = response.status;
    } catch (error) {
      detail = String(error instanceof Error ? (error.cause ?? error) : error);
    }
    journal.ended(name, batch, outcome, outcome === 202 ? '' : detail);
    if (outcome === 202) assertAllAccepted(detail, batch);
    // Anything else says that the request was wrong: sending it again would be of no use.
    else if (outcome !== 'no answer' && outcome < 500 && outcome !== 429)
      throw new Error(`the gateway answered ${outcome}: ${detail}`);
    return outcome;
  }
}

function assertAllAccepted(answer: string, batch: readonly SentEvent[]): void {
  const { accepted } = JSON.parse(answer) as { accepted: number };
  if (accepted !== batch.length)
    throw new Error(`${accepted} of ${batch.length} events accepted: ${answer}`);
}

function lineOf({ id, subject, timeMs, cents }: SentEvent): string {
  return JSON.stringify({
    ...{ id, type: EVENT_TYPE, subject },
    time: new Date(timeMs).toISOString(),
    value: cents / 100,
  });
}
