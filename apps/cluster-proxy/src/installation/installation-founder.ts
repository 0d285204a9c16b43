import { type shardProxy, TallyError } from '@tally/contracts';
import { readZooKeeperClaim } from '@tally/discovery';
import {
  decideInstallation,
  INSTALLATION_NODE,
  newInstallation,
  newInstallationId,
  type Installation,
  type ShardClaim,
} from '@tally/placement';
import type { Logger } from '@tally/service-kit';
import type { ZooKeeperSession } from '@tally/zookeeper';
import type { ShardProxies } from '../shards/shard-proxies.js';

const SHARD_DEADLINE_MS = 2000;
/** Behind all paths: whose the shard is, without what it keeps. */
const NO_NODES = '~';

export interface InstallationFounderOptions {
  readonly session: ZooKeeperSession;
  readonly shards: Pick<ShardProxies, 'call'>;
  readonly logger: Pick<Logger, 'info'>;
}

/**
 * Gives the system its installation: a new one its first, one of before ids the one of its topic. Only
 * here are ZooKeeper and all shards seen together, so nobody else may.
 */
export class InstallationFounder {
  constructor(private readonly options: InstallationFounderOptions) {}

  /**
   * The installation, made if all shards agree that there may be one. TallyError `unavailable` with the
   * reason when they do not, or not all answer.
   *
   * @param shards All of the system: of its shard map, or of its settings before there is one.
   */
  async ensure(shards: readonly number[]): Promise<Installation> {
    const { session, logger } = this.options;
    const { claim, installation } = await readZooKeeperClaim(session);
    // Each shard sees for itself that it belongs to it.
    if (installation !== undefined) return installation.value;
    const claims = await Promise.all(shards.map((shard) => this.ask(shard)));
    const decision = decideInstallation({ zookeeper: claim, shards: claims });
    if (decision.kind === 'refuse') throw new TallyError('unavailable', decision.sentence);
    const id = (decision.kind === 'new' ? undefined : decision.id) ?? newInstallationId();
    const made = newInstallation(id);
    const result = await session.create(INSTALLATION_NODE, Buffer.from(JSON.stringify(made)));
    if (result.kind !== 'created')
      throw new TallyError('unavailable', 'another cluster-proxy named the installation first');
    logger.info({ installation: id, decision: decision.kind }, 'the installation begins');
    return made;
  }

  private async ask(shard: number): Promise<ShardClaim> {
    const { id, topics } = await this.options.shards.call<shardProxy.GetInstallationResponse>(
      shard,
      'GetInstallation',
      { afterPath: NO_NODES },
      SHARD_DEADLINE_MS,
    );
    return { shard, id: id || undefined, topics };
  }
}
