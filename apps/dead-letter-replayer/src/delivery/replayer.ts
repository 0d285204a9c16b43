import { FollowedCatalog } from '@tally/catalog';
import { TallyError } from '@tally/contracts';
import type { ReplayRules } from '@tally/counting';
import type { KafkaConfig, LogAdmin } from '@tally/log-client';
import {
  parseEventsTopic,
  SHARD_MAP_NODE,
  ShardMap,
  TOPICS_NODE,
  type EventsTopic,
} from '@tally/placement';
import { crash, within } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import type { EventTypes, Shards } from '@tally/shard-client';
import { ConfigNode, LeaderElection, type ZooKeeperSession } from '@tally/zookeeper';
import type { ReplayerMetrics, WaitingLetters } from '../metrics.js';
import { DeliveryDriver } from './delivery-driver.js';
import { LettersTopic } from './letters-topic.js';

const ELECTION = 'dead-letter-replayer';
/** Of a drain; what is under way takes milliseconds where all answer. */
const STOP_MS = 5000;

export interface ReplayerOptions {
  /** Names this instance among those that stand in the election. */
  readonly instance: string;
  readonly kafka: KafkaConfig;
  readonly session: ZooKeeperSession;
  readonly eventTypes: EventTypes;
  readonly shards: Shards;
  readonly admin: LogAdmin;
  /** Of the copy of the catalogue. */
  readonly catalogDir: string;
  /** Until the log's word that the catalogue ends before a position is taken for it. */
  readonly positionWaitMs: number;
  readonly logger: Logger;
  readonly metrics: ReplayerMetrics;
}

/**
 * Delivers dead letters as long as it leads. Two that do so at once, as it may be for a moment, bring
 * nothing twice: coverage says what a shard has.
 */
export class Replayer {
  private readonly election: LeaderElection;
  private readonly unwatch: readonly (() => void)[];
  private topic: EventsTopic | undefined;
  private shardMap: ShardMap | undefined;
  private driver: DeliveryDriver | undefined;
  private catalog: FollowedCatalog | undefined;
  private isStopped = false;
  /** One change of drivers after the other. */
  private changing: Promise<void> = Promise.resolve();

  constructor(private readonly options: ReplayerOptions) {
    const { session, instance } = options;
    this.election = new LeaderElection({ session, name: ELECTION, candidate: instance });
    const topicNode = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
    const shardMapNode = new ConfigNode({
      session,
      path: SHARD_MAP_NODE,
      parse: ShardMap.parseDocument,
    });
    this.unwatch = [
      topicNode.watch((current) => {
        if (current === undefined || current.value.name === this.topic?.name) return;
        this.topic = current.value;
        this.restart();
      }),
      shardMapNode.watch((current) => {
        const newest = ShardMap.newest(this.shardMap, current?.value);
        if (newest === this.shardMap) return;
        this.shardMap = newest;
        this.restart();
      }),
      this.election.onElected(() => this.restart()),
      this.election.onLost(() => this.restart()),
    ];
  }

  get metrics(): ReplayerMetrics {
    return this.options.metrics;
  }

  /** Letters that wait, by shard; none where another instance leads. */
  waiting(): WaitingLetters[] {
    return this.driver?.waiting() ?? [];
  }

  get isLeader(): boolean {
    return this.election.isLeader;
  }

  /** What dead events are read and counted by. TallyError `unavailable` until it is known. */
  installed(): {
    readonly topic: EventsTopic;
    readonly rules: ReplayRules;
    readonly catalog: FollowedCatalog;
  } {
    const { topic, shardMap, catalog, options } = this;
    if (topic === undefined || shardMap === undefined || catalog === undefined)
      throw new TallyError('unavailable', 'no topic for events, or no shard map yet');
    const { eventTypes } = options;
    return {
      topic,
      catalog,
      rules: {
        shardMap,
        definition: (project, type, version) => eventTypes.definition(project, type, version),
        knowsVersion: (version) => eventTypes.knowsVersion(version),
        catalog,
      },
    };
  }

  start(): void {
    this.election.stand();
  }

  /** What hangs because the log or a shard is away is left after a while: nothing of it is lost. */
  async stop(): Promise<void> {
    this.isStopped = true;
    for (const unwatch of this.unwatch) unwatch();
    if (!(await within(STOP_MS, this.end())))
      this.options.logger.warn({ timeoutMs: STOP_MS }, 'what is still under way is left');
  }

  private async end(): Promise<void> {
    await this.election.resign().catch((error: unknown) => {
      this.options.logger.warn({ error }, 'another replayer leads only when the session has ended');
    });
    await this.changing;
    await this.driver?.stop();
    await this.catalog?.close();
  }

  private restart(): void {
    this.changing = this.changing.then(() => this.change()).catch(crash);
  }

  private async change(): Promise<void> {
    await this.driver?.stop();
    this.driver = undefined;
    const { topic, shardMap, election, options } = this;
    if (this.isStopped || topic === undefined || shardMap === undefined) return;
    const catalog = await this.catalogOf(topic);
    if (!election.isLeader) return;
    const letters = new LettersTopic(topic.name, options.kafka, options.admin);
    this.driver = new DeliveryDriver({ ...options, topic, shardMap, letters, catalog });
    this.driver.start();
  }

  /** Whoever does not lead is asked about dead events all the same, and has one. */
  private async catalogOf({ name }: EventsTopic): Promise<FollowedCatalog> {
    if (this.catalog?.eventsTopic === name) return this.catalog;
    await this.catalog?.close();
    const { options } = this;
    this.catalog = new FollowedCatalog({ ...options, dir: options.catalogDir, eventsTopic: name });
    return this.catalog.start();
  }
}
