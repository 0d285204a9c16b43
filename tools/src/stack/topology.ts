import { join } from 'node:path';
import type { Ports } from './ports.js';

/** In the order of their ports. */
export const APPS = [
  'gateway',
  'partitioner',
  'partition-log',
  'processor',
  'dead-letter-replayer',
  'cluster-proxy',
  'shard-proxy',
  'query',
  'rollup',
  'auditor',
  'console',
] as const;
export type AppName = (typeof APPS)[number];

/** How many processes of an app, where they are not one. */
export type Instances = Partial<Readonly<Record<AppName, number>>>;

const SERVES_GRPC: ReadonlySet<AppName> = new Set([
  'partitioner',
  'cluster-proxy',
  'shard-proxy',
  'query',
  'dead-letter-replayer',
]);

/** One process to start. */
export interface ServicePlan {
  /** Unique: the app, with a number from the second process of one app on. */
  readonly name: string;
  readonly app: AppName;
  readonly adminPort: number;
  readonly env: Readonly<Record<string, string>>;
}

/** The servers that services need. */
export interface Infrastructure {
  readonly zookeeper: string;
  readonly redisUrl: string;
  readonly shardUrls: readonly string[];
  /** Brokers to use instead of partition-log. */
  readonly kafkaBrokers: string | undefined;
}

/** All processes to start. */
export interface Plan {
  readonly services: readonly ServicePlan[];
  /** One for each gateway. */
  readonly gatewayPorts: readonly number[];
  /** Brokers of the log: our own node, or those that were named. */
  readonly kafkaBrokers: string;
}

/** One process per app unless said, and one shard-proxy per shard; no log of our own where brokers are named. */
export async function planServices(
  infrastructure: Infrastructure,
  ports: Ports,
  { dir, instances = {} }: { readonly dir: string; readonly instances?: Instances | undefined },
): Promise<Plan> {
  const gatewayPorts = [await ports.claim('gateway', 8080)];
  const kafkaPort =
    infrastructure.kafkaBrokers === undefined ? await ports.claim('log (Kafka)', 9092) : undefined;
  const kafkaBrokers = infrastructure.kafkaBrokers ?? `127.0.0.1:${kafkaPort}`;
  const copies: Instances = { ...instances, 'shard-proxy': infrastructure.shardUrls.length };
  const services: ServicePlan[] = [];
  for (const [row, app] of APPS.entries()) {
    if (app === 'partition-log' && infrastructure.kafkaBrokers !== undefined) continue;
    for (let copy = 0; copy < (copies[app] ?? 1); copy++) {
      const name = copy === 0 ? app : `${app}-${copy}`;
      const offset = copy === 0 ? row : 19 + copy;
      if (app === 'gateway' && copy > 0) gatewayPorts.push(await ports.claim(name, 8080 + copy));
      const adminPort = await ports.claim(`${name} (admin)`, 9100 + offset);
      services.push({
        name,
        app,
        adminPort,
        env: {
          TALLY_INSTANCE: name,
          TALLY_ADMIN_PORT: String(adminPort),
          TALLY_ZOOKEEPER: infrastructure.zookeeper,
          ...(SERVES_GRPC.has(app)
            ? { TALLY_GRPC_PORT: String(await ports.claim(`${name} (gRPC)`, 9200 + offset)) }
            : {}),
          ...settingsOf(app, copy, {
            ...infrastructure,
            gatewayPorts,
            kafkaPort,
            kafkaBrokers,
            dir,
          }),
        },
      });
    }
  }
  return { services, gatewayPorts, kafkaBrokers };
}

function settingsOf(
  app: AppName,
  copy: number,
  at: Infrastructure & {
    readonly gatewayPorts: readonly number[];
    /** Undefined where brokers are named. */
    readonly kafkaPort: number | undefined;
    readonly kafkaBrokers: string;
    readonly dir: string;
  },
): Record<string, string> {
  switch (app) {
    case 'gateway':
      return { TALLY_PORT: String(at.gatewayPorts[copy]) };
    case 'partition-log':
      return {
        TALLY_LOG_DIR: join(at.dir, 'partition-log'),
        TALLY_KAFKA_PORT: String(at.kafkaPort),
      };
    case 'processor':
      return {
        KAFKA_BROKERS: at.kafkaBrokers,
        TALLY_SNAPSHOT_DIR: join(at.dir, 'window-generations'),
        TALLY_CATALOG_DIR: join(at.dir, 'catalog'),
      };
    case 'dead-letter-replayer':
      return { KAFKA_BROKERS: at.kafkaBrokers, TALLY_CATALOG_DIR: join(at.dir, 'catalog') };
    case 'partitioner':
    case 'auditor':
      return { KAFKA_BROKERS: at.kafkaBrokers };
    case 'cluster-proxy':
      return { TALLY_SHARDS: String(at.shardUrls.length) };
    case 'shard-proxy':
      return { TALLY_SHARD: String(copy), TALLY_SHARD_URL: at.shardUrls[copy] ?? '' };
    default:
      return {};
  }
}
