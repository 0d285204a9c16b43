import { setTimeout as delay } from 'node:timers/promises';
import { GroupReader, kafkaConfig, type Assignment, type LogAdmin } from '@tally/log-client';
import {
  parseEventsTopic,
  SHARD_MAP_NODE,
  ShardMap,
  TOPICS_NODE,
  type EventsTopic,
} from '@tally/placement';
import type { Logger } from '@tally/service-kit';
import { ConfigNode, type ZooKeeperSession } from '@tally/zookeeper';
import type { ProcessorConfig } from '../config.js';
import type { ProcessorMetrics } from '../metrics.js';
import type { ShardClient } from '../shards/shard-client.js';
import { CountingRun, type EventTypes } from './counting-run.js';

const RETRY_MS = 500;
/** Time before partitions are read again, so that two who disagree do not do so without a pause. */
const RESTART_MS = 200;

export interface ProcessorOptions {
  readonly config: ProcessorConfig;
  readonly session: ZooKeeperSession;
  readonly eventTypes: EventTypes;
  readonly client: ShardClient;
  readonly admin: LogAdmin;
  readonly logger: Logger;
  readonly metrics: ProcessorMetrics;
}

/** A member of the group that counts the events topic: one run at a time, a new one when it must. */
export class Processor {
  private readonly stopping = new AbortController();
  private readonly topicNode: ConfigNode<EventsTopic>;
  private shardMap: ShardMap | undefined;
  private topic: EventsTopic | undefined;
  private reader: GroupReader | undefined;
  private assignment: Assignment | undefined;
  private run: CountingRun | undefined;
  /** One change of runs after the other. */
  private changing: Promise<void> = Promise.resolve();
  private readonly unwatch: () => void;

  constructor(private readonly options: ProcessorOptions) {
    const { session } = options;
    this.topicNode = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
    const shardMapNode = new ConfigNode({
      session,
      path: SHARD_MAP_NODE,
      parse: ShardMap.parseDocument,
    });
    this.unwatch = shardMapNode.watch((current) => {
      const newest = ShardMap.newest(this.shardMap, current?.value);
      if (newest === this.shardMap) return;
      this.shardMap = newest;
      this.restart('the shard map changed');
    });
  }

  /** Rejects with the reason why nothing, or not everything, is counted here. */
  probe(): void {
    if (this.topic === undefined) throw new Error('no topic for events yet');
    if (this.shardMap === undefined) throw new Error('no shard map yet');
    if (this.assignment === undefined) throw new Error('not in the group yet');
    if (this.run?.isSound === false) throw new Error('a partition is stopped, see the alarm');
  }

  /** Joins the group once there is a topic. */
  async start(): Promise<void> {
    const { admin, logger } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const topic = (await this.topicNode.read())?.value;
        if (topic !== undefined) {
          await admin.assertTopic(topic.name, topic.partitions);
          this.topic = topic;
          await this.join(topic);
          return;
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ error }, 'cannot join the group yet');
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.unwatch();
    await this.reader?.stop();
    await this.changing;
    await this.run?.stop();
  }

  private async join(topic: EventsTopic): Promise<void> {
    const { config, logger } = this.options;
    const reader = new GroupReader({
      kafka: kafkaConfig(config),
      logger,
      groupId: `processor-${topic.name}`,
      topic: topic.name,
      sessionTimeoutMs: config.groupSessionMs,
      maxWaitMs: config.fetchWaitMs,
      minBytes: config.fetchMinBytes,
      maxBytesPerPartition: config.fetchBytes,
      onAssigned: (assignment) => {
        this.assignment = assignment;
        this.restart('the group assigned partitions');
      },
      onRecords: async (assignment, partition, records) => {
        if (assignment === this.assignment) await this.run?.onRecords(partition, records);
      },
      onSkipped: (assignment, partition, expected, got) => {
        if (assignment === this.assignment)
          this.run?.halt(partition, `expected offset ${expected}, the log went on at ${got}`);
      },
      onCrash: (error, restarts) => {
        logger.error({ error, restarts }, 'the client of the log gave up');
        if (!restarts) throw error;
      },
    });
    this.reader = reader;
    try {
      await reader.start();
    } catch (error) {
      await reader.stop();
      throw error;
    }
  }

  private restart(reason: string): void {
    this.changing = this.changing.then(() => this.change(reason));
  }

  private async change(reason: string): Promise<void> {
    const { config, eventTypes, client, admin, logger, metrics } = this.options;
    await this.run?.stop();
    this.run = undefined;
    const { assignment, shardMap, topic } = this;
    if (this.stopping.signal.aborted || assignment === undefined || assignment.signal.aborted)
      return;
    if (shardMap === undefined || topic === undefined) return;
    metrics.restarts.inc({ reason });
    logger.info({ reason, partitions: assignment.partitions.length }, 'counting anew');
    this.run = new CountingRun({
      ...config,
      topic,
      assignment,
      shardMap,
      eventTypes,
      client,
      admin,
      logger,
      metrics,
      now: Date.now,
      onStale: (what) => {
        logger.warn({ reason: what }, 'what was summed up is void');
        void delay(RESTART_MS).then(() => this.restart('the shards have other offsets'));
      },
    });
    this.run.start();
  }
}
