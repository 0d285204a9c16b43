import { CURRENT_SCHEMA_ID, encodeBlockHeader, expiryBounds, SECOND_MS } from '@tally/contracts';
import { fingerprintOf, partitionOf } from '@tally/placement';
import kafkajs, { type Producer } from 'kafkajs';
import { entryOf } from '../../events/entry-of.js';
import type { ClientRecord } from './client-record.js';
import type { SentEvent } from './event-source.js';
import type { Random } from './random.js';
import { Repeatedly } from './repeatedly.js';
import { AGES_OF_LATECOMERS_MS, WATCHES } from './traffic.js';

const PAUSE_MS = 500;
const PARTITIONS = 16;
const ANSWER_WITHIN_MS = 2 * SECOND_MS;

export interface LatecomerOptions {
  readonly brokers: string;
  readonly topic: string;
  readonly dedupWindowMs: number;
  /** Begins the ids; nobody else has it. */
  readonly name: string;
  readonly subjects: readonly string[];
  /** Of the event types: it has what is declared of them. */
  readonly registryVersion: number;
  readonly random: Random;
  readonly record: ClientRecord;
}

/**
 * A gateway would refuse what is older than its type allows, so this one writes blocks into the log
 * itself: events that are too old, twice, and others that are not.
 */
export class Latecomer {
  private readonly producer: Producer;
  private readonly writing: Repeatedly;
  private isConnected = false;
  private made = 0;

  constructor(private readonly options: LatecomerOptions) {
    this.producer = new kafkajs.Kafka({
      brokers: options.brokers.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: ANSWER_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      retry: { retries: 1 },
    }).producer({ allowAutoTopicCreation: false });
    this.writing = new Repeatedly(PAUSE_MS, () => this.write());
  }

  async stop(): Promise<void> {
    await this.writing.stop();
    await this.producer.disconnect();
  }

  private async write(): Promise<void> {
    const { topic, record, random } = this.options;
    if (!this.isConnected) await this.producer.connect();
    this.isConnected = true;
    const event = this.nextEvent();
    const fingerprint = fingerprintOf('default', event.id);
    record.sending([event]);
    const block = this.blockOf(event, random.chance(50) ? 2 : 1);
    const partition = partitionOf(fingerprint.readUInt32BE(0), PARTITIONS);
    await this.producer.send({ topic, acks: -1, messages: [{ partition, value: block }] });
  }

  private nextEvent(): SentEvent {
    const { name, random, subjects } = this.options;
    const [youngest, tooOld, oldest] = AGES_OF_LATECOMERS_MS;
    const ageMs = random.chance(50) ? youngest : random.between(tooOld, oldest);
    return {
      id: `${name}-${this.made++}`,
      type: WATCHES.type,
      subject: random.pick(subjects),
      timeMs: Date.now() - ageMs,
      cents: random.between(0, 100_000),
      attributes: WATCHES.attributes(random),
    };
  }

  private blockOf(event: SentEvent, copies: number): Buffer {
    const { registryVersion, dedupWindowMs } = this.options;
    const { id, type, subject, timeMs, cents, attributes } = event;
    const entry = entryOf({
      project: 'default',
      id,
      type,
      subject,
      time: timeMs,
      timeAssigned: false,
      value: { unscaled: cents, scale: 2 },
      attributes: Object.fromEntries(
        Object.entries(attributes).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value] as const],
        ),
      ),
    });
    const header = encodeBlockHeader({
      schemaId: CURRENT_SCHEMA_ID,
      registryVersion,
      count: copies,
      notAfterMs: Date.now() + expiryBounds(dedupWindowMs).leadMs,
    });
    return Buffer.concat([header, ...Array<Buffer>(copies).fill(entry)]);
  }
}
