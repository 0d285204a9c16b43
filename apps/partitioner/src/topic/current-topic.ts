import { randomBytes } from 'node:crypto';
import { type PartitionBounds, TallyError } from '@tally/contracts';
import type { LogAdmin } from '@tally/log-client';
import { parseEventsTopic, TOPICS_NODE, type EventsTopic } from '@tally/placement';
import { keepTrying } from '@tally/resilience';
import { type Logger } from '@tally/service-kit';
import { ConfigNode, type ZooKeeperSession } from '@tally/zookeeper';

const RETRY_MS = 500;

export interface NewTopic {
  readonly partitions: number;
  readonly dedupWindowMs: number;
}

/**
 * The topic that events go to: the one that ZooKeeper names, or a new one when it names none. A name
 * is used once for ever; a named topic that the log does not have is an alarm, never made again.
 */
export class CurrentTopic {
  private readonly node: ConfigNode<EventsTopic>;
  private readonly stopping = new AbortController();
  private topic: EventsTopic | undefined;
  private problem = 'not looked for yet';

  constructor(
    session: ZooKeeperSession,
    private readonly admin: LogAdmin,
    private readonly fresh: NewTopic,
    private readonly logger: Logger,
  ) {
    this.node = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
  }

  /** TallyError `unavailable` as long as there is none. */
  get(): EventsTopic {
    if (this.topic === undefined)
      throw new TallyError('unavailable', `no topic for events: ${this.problem}`);
    return this.topic;
  }

  /** What the log has of it now, by partition. TallyError `unavailable`. */
  bounds(): Promise<ReadonlyMap<number, PartitionBounds>> {
    return this.admin.bounds(this.get().name);
  }

  /** Tries until there is one, or until closed. */
  async find(): Promise<void> {
    this.topic = await keepTrying(
      async () => {
        const topic = (await this.node.read())?.value ?? (await this.make());
        await this.admin.assertTopic(topic.name, topic.partitions);
        this.logger.info({ ...topic }, 'events go to this topic');
        return topic;
      },
      {
        signal: this.stopping.signal,
        retryMs: RETRY_MS,
        onFailure: (error) => {
          this.problem = error.message;
          this.logger.warn({ error }, 'no topic for events yet');
        },
      },
    );
  }

  close(): void {
    this.stopping.abort();
  }

  /** The log first, then ZooKeeper: a named topic is always there. A lost race leaves it unused. */
  private async make(): Promise<EventsTopic> {
    const { partitions, dedupWindowMs } = this.fresh;
    const name = `events-${randomBytes(8).toString('hex')}`;
    await this.admin.createTopic(name, partitions);
    const made = { name, partitions, dedupWindowMs };
    const { value } = await this.node.update((current) => current ?? made);
    if (value.name !== name) this.logger.info({ name }, 'another partitioner was first: unused');
    return value;
  }
}
