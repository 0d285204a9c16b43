import { KAFKA_ERRORS, metadata } from '@tally/kafka-wire';
import type { Brokers } from './brokers.js';
import { errorOf } from './log-refusal.js';

/** Which broker, `host:port`, leads which partition of a topic. */
export type Leaders = ReadonlyMap<number, string>;

/** Who leads the partitions of topics, as the log said last. */
export class TopicLeaders {
  private readonly known = new Map<string, Promise<Leaders>>();

  constructor(private readonly brokers: Brokers) {}

  /** Asks once for all who want to know it. Rejects where the log does not say it; the next one asks again. */
  of(topic: string): Promise<Leaders> {
    const known = this.known.get(topic);
    if (known !== undefined) return known;
    const asked = this.ask(topic);
    this.known.set(topic, asked);
    asked.catch(() => this.forget(topic, asked));
    return asked;
  }

  /** They may be others now; `said` is what did not hold, so that what was learnt since is kept. */
  forget(topic: string, said: Promise<Leaders>): void {
    if (this.known.get(topic) === said) this.known.delete(topic);
  }

  private async ask(topic: string): Promise<Leaders> {
    const connection = await this.brokers.any();
    const { brokers, topics } = await connection.ask(metadata, { topics: [topic] });
    const addresses = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]));
    const told = topics.find(({ name }) => name === topic);
    if (told === undefined) throw new Error(`the log does not speak of ${topic}`);
    if (told.errorCode !== KAFKA_ERRORS.NONE) throw errorOf(told.errorCode, topic);
    return new Map(
      told.partitions.flatMap(({ partition, leaderId }) => {
        const address = addresses.get(leaderId);
        return address === undefined ? [] : [[partition, address] as const];
      }),
    );
  }
}

/** The partitions that each broker leads; those that nobody leads are left out. */
export function byLeader(
  leaders: Leaders,
  partitions: Iterable<number>,
): ReadonlyMap<string, readonly number[]> {
  const parts = new Map<string, number[]>();
  for (const partition of partitions) {
    const broker = leaders.get(partition);
    if (broker === undefined) continue;
    const others = parts.get(broker);
    if (others === undefined) parts.set(broker, [partition]);
    else others.push(partition);
  }
  return parts;
}
