export { ERROR_CODES, isErrorCode, type ErrorCode } from './errors/codes.js';
export { EVENT_SCHEMA, type Decimal, type Event } from './generated/avro/event.js';
export type * as clusterProxy from './generated/tally/cluster_proxy/v1/cluster_proxy.js';
export type * as shardProxy from './generated/tally/shard_proxy/v1/shard_proxy.js';
export { packageDefinition } from './grpc/package-definition.js';
