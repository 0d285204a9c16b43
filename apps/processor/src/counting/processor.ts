import { FollowedCatalog } from '@tally/catalog';
import { deadEventsTopic, TallyError } from '@tally/contracts';
import type { InstallationWatch } from '@tally/discovery';
import { GroupReader, type Assignment, type KafkaConfig, type LogAdmin } from '@tally/log-client';
import {
  parseEventsTopic,
  SHARD_MAP_NODE,
  ShardMap,
  TOPICS_NODE,
  type EventsTopic,
} from '@tally/placement';
import { LogTime, ShardRoster, UnknownMeanings } from '@tally/counting';
import { crash, keepTrying, within } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import { ConfigNode, type ZooKeeperSession } from '@tally/zookeeper';
import type { ProcessorConfig } from '../config.js';
import { maxWindowBytes, REJOIN } from '../limits.js';
import type { ProcessorMetrics } from '../metrics.js';
import type { EventTypes, Shards } from '@tally/shard-client';
import { SideTopic } from '../topics/side-topic.js';
import { DeadLettersTopic } from '../letters/dead-letters-topic.js';
import { openStore } from '../snapshots/open-store.js';
import { WindowGenerations } from '../snapshots/window-generations.js';
import { openOwnClock } from './own-clock.js';
import { RunDriver } from './run-driver.js';

const RETRY_MS = 500;
/** Of a drain; leaving the group and the calls under way take milliseconds where all answer. */
const STOP_MS = 5000;
/** Time before partitions are read again, so that two who disagree do not do so without a pause. */
const REBUILD_PAUSE_MS = 200;

export interface ProcessorOptions {
  readonly config: ProcessorConfig;
  /** How the log is reached. */
  readonly kafka: KafkaConfig;
  readonly session: ZooKeeperSession;
  readonly installation: Pick<InstallationWatch, 'get'>;
  readonly eventTypes: EventTypes;
  readonly shards: Shards;
  readonly admin: LogAdmin;
  readonly logger: Logger;
  readonly metrics: ProcessorMetrics;
}

/** A member of the group that counts the events topic: one run at a time, a new one when it must. */
export class Processor {
  private readonly stopping = new AbortController();
  private readonly roster: ShardRoster;
  private readonly logTime: LogTime;
  private readonly unknownMeanings: UnknownMeanings;
  private readonly now: () => number;
  private readonly topicNode: ConfigNode<EventsTopic>;
  private readonly unwatch: () => void;
  private shardMap: ShardMap | undefined;
  private topic: EventsTopic | undefined;
  private letters: DeadLettersTopic | undefined;
  private generations: WindowGenerations | undefined;
  private deadEvents: SideTopic | undefined;
  private catalog: FollowedCatalog | undefined;
  private reader: GroupReader | undefined;
  private assignment: Assignment | undefined;
  private driver: RunDriver | undefined;
  private joining: Promise<void> | undefined;
  /** One change of runs after the other. */
  private changing: Promise<void> = Promise.resolve();

  constructor(private readonly options: ProcessorOptions) {
    const { session, config, logger } = options;
    this.logTime = new LogTime(config.maxClockSkewMs);
    this.unknownMeanings = new UnknownMeanings(config.schemaWaitMs);
    this.now = openOwnClock(config.maxClockSkewMs, logger);
    this.roster = new ShardRoster({ flushBytes: config.flushBytes, ...REJOIN });
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

  /** Throws the reason why nothing, or not everything, is counted here. */
  probe(): void {
    this.options.installation.get();
    if (this.topic === undefined) throw new Error('no topic for events yet');
    if (this.shardMap === undefined) throw new Error('no shard map yet');
    if (this.assignment === undefined) throw new Error('not in the group yet');
    if (this.assignment.signal.aborted)
      throw new Error('out of the group: it assigns anew, or does not answer');
    if (this.driver?.isSound === false)
      throw new Error('a partition is halted, or waits for a later version: see the alarm');
  }

  /** Throws when something is not counted that will be: shards that do not answer. */
  probeShards(): void {
    const silent = this.driver?.silentShards ?? 0;
    if (silent > 0)
      throw new Error(`${silent} of ${this.shardMap?.shards.length} shards do not take flushes`);
  }

  /** Throws when partitions wait for memory: they are counted only when there is more. */
  probeWindows(): void {
    const waiting = this.driver?.waitingPartitions ?? 0;
    if (waiting > 0)
      throw new Error(`${waiting} partitions wait for memory for their dedup windows`);
  }

  /** Joins the group once there is a topic; waits for what others have to bring first. */
  start(): Promise<void> {
    const { logger } = this.options;
    const joining = keepTrying(() => this.join(), {
      signal: this.stopping.signal,
      retryMs: RETRY_MS,
      onFailure: (error) => logger.warn({ error }, 'cannot join the group yet'),
    }).catch(crash);
    this.joining = joining;
    return joining;
  }

  /**
   * What hangs because the log or a shard is away is left after a while: whoever counts next begins
   * at what the shards cover.
   */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.unwatch();
    if (!(await within(STOP_MS, this.end())))
      this.options.logger.warn({ timeoutMs: STOP_MS }, 'what is still under way is left');
  }

  private async end(): Promise<void> {
    // Also ends a joining that is under way.
    await this.reader?.stop();
    await this.joining;
    await this.changing;
    await this.driver?.stop();
    await this.letters?.close();
    await this.generations?.settled();
    await this.deadEvents?.close();
    await this.catalog?.close();
  }

  private async join(): Promise<void> {
    this.options.installation.get();
    const topic = (await this.topicNode.read())?.value;
    if (topic === undefined)
      throw new TallyError('unavailable', 'ZooKeeper does not name a topic for events yet');
    const { admin, config, logger } = this.options;
    await admin.assertTopic(topic.name, topic.partitions);
    if (this.stopping.signal.aborted) return;
    this.topic = topic;
    this.letters ??= new DeadLettersTopic({ ...this.options, topic });
    this.deadEvents ??= new SideTopic(deadEventsTopic(topic.name), {
      ...this.options,
      topic,
    });
    const store = await openStore(this.options.config);
    if (store !== undefined)
      this.generations ??= new WindowGenerations({ ...this.options, store, topic });
    this.catalog ??= new FollowedCatalog({
      ...this.options,
      dir: config.catalogDir,
      eventsTopic: topic.name,
      positionWaitMs: config.versionWaitMs,
    }).start();
    const reader = this.newReader(topic);
    this.reader = reader;
    try {
      await reader.start();
    } catch (error) {
      await reader.stop().catch((cause: unknown) => logger.warn({ error: cause }, 'left badly'));
      throw error;
    }
  }

  private newReader(topic: EventsTopic): GroupReader {
    const { config, kafka, logger } = this.options;
    return new GroupReader({
      kafka,
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
        if (assignment === this.assignment) this.driver?.onRecords(partition, records);
      },
      onSkipped: (assignment, partition, expected, got) => {
        if (assignment === this.assignment) this.driver?.onSkipped(partition, expected, got);
      },
      onDamaged: (assignment, partition, offset) => {
        if (assignment === this.assignment) this.driver?.onDamaged(partition, offset);
      },
      onRestart: (error) => logger.warn({ error }, 'the client of the log begins again'),
      // Nobody can mend it from here: the supervisor begins anew from what the shards cover.
      onGivenUp: crash,
    });
  }

  private restart(reason: string): void {
    this.changing = this.changing.then(() => this.change(reason)).catch(crash);
  }

  private async change(reason: string): Promise<void> {
    const { logger, metrics } = this.options;
    await this.driver?.stop();
    this.driver = undefined;
    const { assignment, shardMap, topic, letters, deadEvents, catalog } = this;
    if (this.stopping.signal.aborted || assignment === undefined || assignment.signal.aborted)
      return;
    if (shardMap === undefined || topic === undefined) return;
    if (letters === undefined || deadEvents === undefined || catalog === undefined) return;
    metrics.restarts.inc({ reason });
    logger.info({ reason, partitions: assignment.partitions.length }, 'counting anew');
    this.driver = new RunDriver({
      ...this.options,
      topic,
      assignment,
      letters,
      generations: this.generations,
      deadEvents,
      catalog,
      shardMap,
      roster: this.roster,
      logTime: this.logTime,
      unknownMeanings: this.unknownMeanings,
      now: this.now,
      maxWindowBytes: maxWindowBytes(this.options.config),
      onRebuild: (why) => this.rebuild(why),
    });
    this.driver.start();
  }

  private rebuild(reason: string): void {
    this.options.logger.warn({ reason }, 'what was summed up is thrown away');
    setTimeout(() => this.restart('the shards have other offsets'), REBUILD_PAUSE_MS);
  }
}
