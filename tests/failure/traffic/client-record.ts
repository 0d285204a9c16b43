import { appendFileSync } from 'node:fs';
import type { Delivery } from '@tally/client';
import type { SentEvent } from './event-source.js';

/** What a client knows of an event that it sent. Times: ms since 1970. */
export interface RecordedEvent {
  readonly event: SentEvent;
  readonly firstSentMs: number;
  /** When an answer said that it is durable; undefined: nobody knows whether it is. */
  acknowledgedMs: number | undefined;
}

/**
 * What clients sent and what they were told, in memory and, line by line, in a file for those who look
 * for the reason of a failure.
 */
export class ClientRecord {
  readonly sent = new Map<string, RecordedEvent>();
  private tries = 0;
  private failures = 0;
  private longestGap = 0;
  private lastAcknowledged: number | undefined;

  constructor(private readonly file: string) {}

  sending(batch: readonly SentEvent[]): void {
    const firstSentMs = Date.now();
    for (const event of batch)
      if (!this.sent.has(event.id))
        this.sent.set(event.id, { event, firstSentMs, acknowledgedMs: undefined });
    this.lastAcknowledged ??= performance.now();
  }

  /** One request came to its end. */
  ended(client: string, batch: readonly SentEvent[], delivery: Delivery): void {
    const atMs = Date.now();
    this.tries += 1;
    if (delivery.kind === 'taken') this.acknowledge(batch, atMs);
    else this.failures += 1;
    const line = {
      at: new Date(atMs).toISOString(),
      client,
      outcome: delivery.kind,
      detail: delivery.kind === 'taken' ? '' : delivery.why,
      ids: batch.map(({ id }) => id),
    };
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }

  private acknowledge(batch: readonly SentEvent[], atMs: number): void {
    for (const { id } of batch) {
      const sent = this.sent.get(id);
      if (sent !== undefined) sent.acknowledgedMs ??= atMs;
    }
    const now = performance.now();
    this.longestGap = Math.max(this.longestGap, now - (this.lastAcknowledged ?? now));
    this.lastAcknowledged = now;
  }

  get acknowledged(): number {
    let count = 0;
    for (const { acknowledgedMs } of this.sent.values()) if (acknowledgedMs !== undefined) count++;
    return count;
  }

  /** Requests whose events were all taken. */
  get acknowledgedRequests(): number {
    return this.tries - this.failures;
  }

  /** Requests that were not, each of which a client sent again or gave up. */
  get retries(): number {
    return this.failures;
  }

  /** Longest time without an acknowledgement while clients sent, ms. */
  get longestGapMs(): number {
    return this.longestGap;
  }
}
