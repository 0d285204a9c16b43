import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { packageDefinition, TallyError, type shardProxy } from '@tally/contracts';
import { InstanceRegistry, ServiceClient } from '@tally/discovery';
import type { ZooKeeperSession } from '@tally/zookeeper';
import type { TlsFiles } from '@tally/service-kit';
import type { ShardCopy } from './copies.js';

const DEADLINE_MS = 10_000;
/** A shard-proxy whose ZooKeeper came back empty registers again when its session has ended. */
const REGISTERED_MS = 15_000;
const LOOK_MS = 250;

const SERVICE = 'tally.shard_proxy.v1.ShardProxyService';

/** What all shards say whose shard-proxy is registered; failures by shard. */
export interface ShardAnswers {
  readonly copies: readonly ShardCopy[];
  readonly failures: readonly { readonly shard: number; readonly reason: string }[];
}

/**
 * Waits until `isEnough` or 15 s are over. Shard-proxies answer without a shard map and beside an empty
 * ZooKeeper, where they register all the same.
 */
export async function askShards(
  session: ZooKeeperSession,
  tls: TlsFiles | undefined,
  isEnough: (answers: ShardAnswers) => boolean,
): Promise<ShardAnswers> {
  const instances = new InstanceRegistry(session).watchInstances('shard-proxy');
  const client = new ServiceClient({
    service: 'shard-proxy',
    client: { service: packageDefinition()[SERVICE] as ServiceDefinition },
    instances,
    tls,
  });
  const end = Date.now() + REGISTERED_MS;
  try {
    for (;;) {
      const shards = new Set(instances.instances.map(({ attributes }) => attributes['shard']));
      const answers = await askAll(
        client,
        [...shards].map(Number).sort((a, b) => a - b),
      );
      if (isEnough(answers) || Date.now() > end) return answers;
      await delay(LOOK_MS);
    }
  } finally {
    client.close();
    instances.close();
  }
}

async function askAll(client: ServiceClient, shards: readonly number[]): Promise<ShardAnswers> {
  const copies: ShardCopy[] = [];
  const failures: { shard: number; reason: string }[] = [];
  for (const shard of shards) {
    try {
      copies.push(await ask(client, shard));
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      failures.push({ shard, reason: error.message });
    }
  }
  return { copies, failures };
}

async function ask(client: ServiceClient, shard: number): Promise<ShardCopy> {
  const nodes = new Map<string, string>();
  let afterPath = '';
  for (;;) {
    const page = await client.call<shardProxy.GetInstallationResponse>(
      'GetInstallation',
      { afterPath },
      {
        deadlineMs: DEADLINE_MS,
        idempotent: true,
        select: ({ attributes }) => attributes['shard'] === String(shard),
      },
    );
    for (const { path, data } of page.nodes) nodes.set(path, data);
    afterPath = page.nodes.at(-1)?.path ?? '';
    if (!page.more) return { shard, id: page.id || undefined, topics: page.topics, nodes };
  }
}
