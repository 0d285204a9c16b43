export * from './block/block-body.js';
export * from './block/block-expiry.js';
export * from './block/block-header.js';
export * from './catalog/catalog-entry.js';
export * from './dead-events/dead-events.js';
export * from './dead-letters/dead-letter.js';
export { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './durations.js';
export { parseDocument, readDocument, type ReadDocument } from './documents/read-document.js';
export { CODE_TRAILER, ERROR_CODES, isErrorCode, type ErrorCode } from './errors/codes.js';
export { TallyError, type LogLevel, type TallyErrorOptions } from './errors/tally-error.js';
export { writeLong, writeText } from './events/avro-writer.js';
export { CONTENT_HASH_BITS, contentHash } from './events/content-hash.js';
export {
  CURRENT_SCHEMA_ID,
  decodeEvent,
  encodeEvent,
  isKnownSchema,
  isLaterSchema,
} from './events/event-codec.js';
export { isAscii } from './events/ascii.js';
export * from './events/event-rules.js';
export { EventScanner } from './events/event-scanner.js';
export { TextCache } from './events/text-cache.js';
export { ATTRIBUTE_NAME_BYTES, isAttributeName } from './event-types/attribute-name.js';
export * from './event-types/event-type-definition.js';
export * from './event-types/event-type-name.js';
export {
  EVENT_TYPES_NODE,
  parseRegistryChange,
  type RegistryChange,
} from './event-types/registry-change.js';
export type { Decimal, Event } from './generated/avro/event.js';
export type * as clusterProxy from './generated/tally/cluster_proxy/v1/cluster_proxy.js';
export type * as deadLetterReplayer from './generated/tally/dead_letter_replayer/v1/dead_letter_replayer.js';
export type * as partitioner from './generated/tally/partitioner/v1/partitioner.js';
export type * as query from './generated/tally/query/v1/query.js';
export type * as shardProxy from './generated/tally/shard_proxy/v1/shard_proxy.js';
export { FATES, MAX_LEDGER_HOURS, type Fate } from './ledger.js';
export type { IndexRange, LogRecord, OffsetRange, PartitionBounds } from './log.js';
export { LOSS_NAME_BYTES, LOSS_REASON_BYTES } from './losses.js';
export { writeAppendRequest } from './grpc/append-request-writer.js';
export { MAX_MESSAGE_BYTES } from './grpc/message-size.js';
export { namedShard } from './grpc/named-shard.js';
export { packageDefinition } from './grpc/package-definition.js';
export { readStatsAnswer, type StatsAnswer, type Windows } from './grpc/stats-answer.js';
export {
  FIGURE_BYTES,
  writeStatsAnswer,
  type StatsRows,
  type SubjectRows,
} from './grpc/stats-answer-writer.js';
export * from './rows/counter-rows.js';
export * from './rows/delta-rows.js';
export { countRows, readInt128BE, ROWS_HEADER_BYTES } from './rows/fixed-rows.js';
export * from './rows/series-ids.js';
export * from './rows/series-names.js';
export type { SafeTotals, Totals } from './rows/totals.js';
export { MAX_GROUPS, MAX_SUBJECTS, windowMinutesOf } from './stats.js';
