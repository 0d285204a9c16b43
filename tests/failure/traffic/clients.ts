import { setTimeout as delay } from 'node:timers/promises';
import { deliver, sendBatch, type Batch, type Delivery } from '@tally/client';
import { MINUTE_MS } from '@tally/contracts';
import type { ClientRecord } from './client-record.js';
import { EventSource, type SentEvent } from './event-source.js';
import type { Random } from './random.js';

const CLIENTS = 4;
const PAUSE_MS = 10;
/** Where the gateway asks for no patience: soon, so that much is on its way while a fault lasts. */
const BACKOFF = { firstMs: 100, longestMs: 100 };
const ANSWER_WITHIN_MS = 15_000;
/** Who was told to stop sends what it began for so long, and no longer. */
const SETTLES_WITHIN_MS = MINUTE_MS;
/** Of a hundred batches whose fate is unknown so many are left at that; the others are sent until acknowledged. */
const GIVEN_UP_PERCENT = 20;
/** Of a hundred acknowledged batches so many are sent again, as by a client that lost the answer. */
const REPEATED_PERCENT = 5;

export interface ClientsOptions {
  readonly gateway: string;
  readonly seed: number;
  readonly random: Random;
  readonly record: ClientRecord;
  /** How long the platform recognises an id. */
  readonly dedupWindowMs: number;
}

/** Some clients that send without end, each its own events, and try again as the API asks them to. */
export class Clients {
  private readonly stopping = new AbortController();
  private readonly givingUp = new AbortController();
  private readonly working: Promise<unknown>;

  constructor(private readonly options: ClientsOptions) {
    const { seed, random, dedupWindowMs } = options;
    const endMs = Date.now();
    this.working = Promise.all(
      Array.from({ length: CLIENTS }, (_, number) => {
        const name = `s${seed}-${endMs.toString(36)}-c${number}`;
        const part = random.part(number);
        return this.send(
          name,
          new EventSource({ name, seed, random: part, endMs, dedupWindowMs }),
          part,
        );
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
    const timer = setTimeout(() => this.givingUp.abort(), SETTLES_WITHIN_MS);
    this.stopping.abort();
    try {
      await this.working;
    } finally {
      clearTimeout(timer);
    }
  }

  private async send(name: string, source: EventSource, random: Random): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const batch = new ClientBatch(name, source.nextBatch());
      const isAcknowledged = await this.sendUntilKnown(batch, random);
      if (isAcknowledged && random.chance(REPEATED_PERCENT)) await this.post(batch);
      await delay(PAUSE_MS);
    }
  }

  private async sendUntilKnown(batch: ClientBatch, random: Random): Promise<boolean> {
    const { record, dedupWindowMs } = this.options;
    record.sending(batch.sent);
    const isPatient = !random.chance(GIVEN_UP_PERCENT);
    const outcome = await sendBatch(batch, {
      deliver: () => this.post(batch),
      contact: { hasAnswered: true },
      backoff: BACKOFF,
      maxTries: isPatient ? Infinity : 1,
      resendWithinMs: dedupWindowMs / 2,
      signal: this.givingUp.signal,
    });
    if (outcome.kind === 'taken') return true;
    // Nobody knows, and to send it once more could count it twice.
    if (outcome.kind === 'in doubt' || (outcome.kind === 'given up' && !isPatient)) return false;
    throw new Error(
      `a batch of ${batch.client} is not acknowledged (${outcome.kind}): ${outcome.why}`,
    );
  }

  /** One try. Throws when an event is refused: all of them are good. */
  private async post({ client, sent, events }: ClientBatch): Promise<Delivery> {
    const { gateway, record } = this.options;
    const delivery = await deliver(events, { gateway, apiKey: '' }, ANSWER_WITHIN_MS);
    record.ended(client, sent, delivery);
    if (delivery.kind === 'taken' && delivery.rejected.length > 0)
      throw new Error(
        `${delivery.rejected.length} of ${events.length} events refused: ${delivery.rejected[0]?.why}`,
      );
    return delivery;
  }
}

/** A batch as the client knows it, and as it goes. */
class ClientBatch implements Batch {
  readonly events: readonly string[];

  constructor(
    readonly client: string,
    readonly sent: readonly SentEvent[],
  ) {
    this.events = sent.map(lineOf);
  }
}

/** As it goes: an attribute that it lacks is left out. */
export function lineOf({ id, type, subject, timeMs, cents, attributes }: SentEvent): string {
  const time = new Date(timeMs).toISOString();
  return JSON.stringify({ id, type, subject, time, value: cents / 100, attributes });
}
