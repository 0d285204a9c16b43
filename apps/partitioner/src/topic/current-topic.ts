import { randomBytes } from 'node:crypto';
import { expiryBounds, type PartitionBounds, TallyError } from '@tally/contracts';
import type { InstallationWatch } from '@tally/discovery';
import type { LogAdmin } from '@tally/log-client';
import {
  decideInstallation,
  firstTopicOf,
  parseEventsTopic,
  TOPICS_NODE,
  type EventsTopic,
  type Installation,
} from '@tally/placement';
import { keepTrying } from '@tally/resilience';
import { type Logger } from '@tally/service-kit';
import { ConfigNode, type ZooKeeperSession } from '@tally/zookeeper';

const RETRY_MS = 500;

export interface CurrentTopicOptions {
  readonly session: ZooKeeperSession;
  readonly installation: InstallationWatch;
  readonly admin: LogAdmin;
  /** Other installations have topics in the same log. */
  readonly isLogShared: boolean;
  /** Of a topic that has to be made. */
  readonly fresh: Pick<EventsTopic, 'partitions' | 'dedupWindowMs'>;
  /** With all tries: the topic must give an append so much time. */
  readonly longestAppendMs: number;
  readonly logger: Logger;
}

/**
 * The topic that events go to: the one that ZooKeeper names, or a new one when it names none and is the
 * ZooKeeper of this installation. A name is used once for ever; a named topic that the log does not
 * have is an alarm, never made again. Nothing goes to a topic before a shard has noted its name.
 */
export class CurrentTopic {
  private readonly node: ConfigNode<EventsTopic>;
  private readonly stopping = new AbortController();
  private topic: EventsTopic | undefined;
  private problem = 'not looked for yet';

  constructor(private readonly options: CurrentTopicOptions) {
    const { session } = options;
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
    return this.options.admin.bounds(this.get().name);
  }

  /** Tries until there is one, or until closed. */
  async find(): Promise<void> {
    const { admin, installation, logger } = this.options;
    this.topic = await keepTrying(
      async () => {
        installation.get();
        const topic = (await this.node.read())?.value ?? (await this.make());
        this.assertTimeToAppend(topic);
        await admin.assertTopic(topic.name, topic.partitions);
        if (!(await installation.reaches(({ kept }) => kept.topic === topic.name, RETRY_MS)))
          throw new TallyError('unavailable', `no shard has noted the topic ${topic.name} yet`);
        logger.info({ ...topic }, 'events go to this topic');
        return topic;
      },
      {
        signal: this.stopping.signal,
        retryMs: RETRY_MS,
        onFailure: (error) => {
          this.problem = error.message;
          logger.warn({ error }, 'no topic for events yet');
        },
      },
    );
  }

  close(): void {
    this.stopping.abort();
  }

  /** The log first, then ZooKeeper: a named topic is always there. A lost race leaves it unused. */
  private async make(): Promise<EventsTopic> {
    const { admin, fresh, installation, logger } = this.options;
    this.assertTimeToAppend(fresh);
    await installation.confirm();
    const name = await this.newName(installation.get());
    await admin.createTopic(name, fresh.partitions);
    const made = { name, ...fresh };
    const { value } = await this.node.update((current) => current ?? made);
    if (value.name !== name) logger.info({ name }, 'another partitioner was first: unused');
    return value;
  }

  /** TallyError `unavailable` when the log has the events of another installation. */
  private async newName({ id, kept: { topic } }: Installation): Promise<string> {
    if (topic !== undefined) return `events-${randomBytes(8).toString('hex')}`;
    const { admin, isLogShared } = this.options;
    const decision = decideInstallation({
      zookeeper: { id, isEmpty: false },
      log: { topics: await admin.eventsTopics(), isShared: isLogShared },
    });
    if (decision.kind === 'refuse') throw new TallyError('unavailable', decision.sentence);
    return firstTopicOf(id);
  }

  /**
   * Appends that take longer than the window gives them would be void, however often they are tried.
   * TallyError `unavailable`: settings have to change, or the topic.
   */
  private assertTimeToAppend({ dedupWindowMs }: Pick<EventsTopic, 'dedupWindowMs'>): void {
    const { longestAppendMs } = this.options;
    const { leadMs } = expiryBounds(dedupWindowMs);
    if (leadMs >= longestAppendMs) return;
    throw new TallyError(
      'unavailable',
      `a dedup window of ${dedupWindowMs} ms gives an append ${leadMs} ms, and all its tries together ` +
        `may take ${longestAppendMs} ms: expected a longer window (TALLY_DEDUP_WINDOW_MS, for a new ` +
        'topic) or a shorter TALLY_LOG_TIMEOUT_MS',
    );
  }
}
