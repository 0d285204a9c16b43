import { EVENT_TYPES_NODE, MINUTE_MS, TallyError } from '@tally/contracts';
import { readInstallation, stampInstallation } from '@tally/count-store';
import { readZooKeeperClaim, type ZooKeeperReading } from '@tally/discovery';
import {
  decideInstallation,
  INSTALLATION_NODE,
  parseInstallation,
  SHARD_MAP_NODE,
  TOPICS_NODE,
  type Installation,
  type ShardMapDocument,
} from '@tally/placement';
import { Backoff, CoalescedTask } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import { ConfigNode, type Unsubscribe, type ZooKeeperSession } from '@tally/zookeeper';
import type pg from 'pg';
import { KeptConfiguration } from './kept-configuration.js';

/** Who else writes what is kept: the proxies of the other shards, each a few times. */
const MAX_TRIES = 20;
/** A shard that became an older copy of itself is completed so soon. */
const LOOK_AGAIN_MS = MINUTE_MS;

export interface InstallationKeeperOptions {
  readonly shard: number;
  readonly session: ZooKeeperSession;
  readonly pool: pg.Pool;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Sees to it that ZooKeeper and this shard are of one installation, and that the shard has a durable
 * copy of what ZooKeeper holds before anybody uses it (`kept` of the installation's node). ADR 18.
 */
export class InstallationKeeper {
  private readonly configuration: KeptConfiguration;
  private readonly node: ConfigNode<Installation>;
  private readonly task: CoalescedTask;
  private readonly unwatch: Unsubscribe[] = [];
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<unknown> = Promise.resolve();
  private next: Promise<void> | undefined;
  private problem: string | undefined = 'ZooKeeper was not asked for the installation yet';
  private isForeign = false;
  private map: ShardMapDocument | undefined;

  constructor(private readonly options: InstallationKeeperOptions) {
    const { shard, session, pool, logger } = options;
    this.configuration = new KeptConfiguration(shard, session, pool);
    this.node = new ConfigNode({ session, path: INSTALLATION_NODE, parse: parseInstallation });
    this.task = new CoalescedTask(() => this.look(), {
      backoff: new Backoff({ firstMs: 200, maxMs: 5000, random: session.random }),
      onFailure: (error, retryMs) =>
        logger.warn({ error, retryMs }, 'ZooKeeper and the shard do not go together yet'),
    });
    this.timer = setInterval(() => this.task.kick(), LOOK_AGAIN_MS);
    this.timer.unref();
  }

  /** Follows ZooKeeper until `close`. */
  start(): this {
    const { session } = this.options;
    const kick = () => this.task.kick();
    for (const path of [INSTALLATION_NODE, TOPICS_NODE, SHARD_MAP_NODE])
      this.unwatch.push(session.watchData(path, kick));
    this.unwatch.push(session.watchChildren(EVENT_TYPES_NODE, kick));
    return this;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const end of this.unwatch) end();
    await this.task.stop();
  }

  /** The map that this shard has a copy of. TallyError `unavailable` without one, or beside a foreign ZooKeeper. */
  get shardMap(): ShardMapDocument {
    if (this.map === undefined || this.isForeign)
      throw new TallyError('unavailable', this.problem ?? 'ZooKeeper has no shard map yet');
    return this.map;
  }

  /** TallyError `unavailable` with the reason when ZooKeeper and the shard do not go together. */
  assertTogether(): void {
    if (this.problem !== undefined) throw new TallyError('unavailable', this.problem);
  }

  /** Compares what there is now; one look for all that ask meanwhile. TallyError with what is wrong. */
  look(): Promise<void> {
    // The one under way may have read already what has changed since.
    this.next ??= this.looking.then(() => {
      this.next = undefined;
      const pass = this.pass();
      this.looking = pass.catch(() => undefined);
      return pass;
    });
    return this.next;
  }

  private async pass(): Promise<void> {
    const { session } = this.options;
    const reading = await readZooKeeperClaim(session);
    await this.belong(reading);
    const { kept, shardMap, problems } = await this.configuration.takeOver();
    this.map = shardMap;
    await this.tell(kept);
    if (problems.length > 0)
      this.refuse(`${problems.join('; ')}: restore it with tools/installation restore`);
    this.problem = undefined;
  }

  /** While ZooKeeper or Postgres is away, what was found before stands. */
  private refuse(sentence: string): never {
    this.problem = sentence;
    throw new TallyError('unavailable', sentence);
  }

  /** TallyError `unavailable` unless ZooKeeper and the shard have one id, now or from now on. */
  private async belong({ claim }: ZooKeeperReading): Promise<void> {
    const { shard, pool, logger } = this.options;
    const decision = decideInstallation({
      zookeeper: claim,
      shards: [{ shard, ...(await readInstallation(pool)) }],
    });
    this.isForeign = decision.kind === 'refuse' && claim.id !== undefined;
    if (decision.kind === 'refuse') this.refuse(decision.sentence);
    // Only who sees all shards can tell that it is new: cluster-proxy.
    if (claim.id === undefined)
      this.refuse('ZooKeeper names no installation yet: it gets one as soon as all shards answer');
    if (decision.kind === 'same') return;
    await stampInstallation(pool, claim.id);
    logger.info({ installation: claim.id }, 'this shard belongs to the installation from now on');
  }

  /** Tells everybody what may be used. Never makes the node: an empty ZooKeeper stays empty. */
  private async tell(kept: Installation['kept']): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const current = await this.node.read();
      if (current === undefined) this.refuse('ZooKeeper lost the installation meanwhile');
      const before = current.value.kept;
      const after = {
        topic: kept.topic ?? before.topic,
        eventTypes: Math.max(kept.eventTypes, before.eventTypes),
        shardMap: Math.max(kept.shardMap, before.shardMap),
      };
      if (
        after.topic === before.topic &&
        after.eventTypes === before.eventTypes &&
        after.shardMap === before.shardMap
      )
        return;
      const result = await this.node.set({ id: current.value.id, kept: after }, current.version);
      if (result.kind === 'set') return;
    }
    throw new TallyError('conflict', `others told what they keep ${MAX_TRIES} times meanwhile`);
  }
}
