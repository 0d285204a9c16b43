export { CertificateAuthority } from './certificates.js';
export { eventually } from './eventually.js';
export { keepLikeAShard, type PlayedShard } from './keep-like-a-shard.js';
export { endWithParent } from './servers/end-with-parent.js';
export { freePort, nextFreePort } from './servers/ports.js';
export {
  ServerProcess,
  type ServerProcessOptions,
  type StartOptions,
} from './servers/server-process.js';
export { startPartitionLog, type PartitionLogServer } from './servers/partition-log.js';
export { makeShardRoles, type Login } from './servers/postgres-roles.js';
export { startPostgres, type PostgresOptions, type PostgresServer } from './servers/postgres.js';
export { startRedis, type RedisServer } from './servers/redis.js';
export { TcpProxy } from './tcp-proxy.js';
export { startZooKeeper, type ZooKeeperServer } from './servers/zookeeper.js';
