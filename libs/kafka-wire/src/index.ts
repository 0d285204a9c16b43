export * from './api/acls.js';
export * from './api/alter-configs.js';
export * from './api/alter-partition-reassignments.js';
export * from './api/api.js';
export * from './api/api-versions.js';
export * from './api/configs.js';
export * from './api/create-acls.js';
export * from './api/create-partitions.js';
export * from './api/create-topics.js';
export * from './api/delete-acls.js';
export * from './api/delete-groups.js';
export * from './api/delete-records.js';
export * from './api/delete-topics.js';
export * from './api/describe-acls.js';
export * from './api/describe-configs.js';
export * from './api/describe-groups.js';
export * from './api/describe-log-dirs.js';
export * from './api/elect-leaders.js';
export * from './api/fetch.js';
export * from './api/find-coordinator.js';
export * from './api/heartbeat.js';
export * from './api/incremental-alter-configs.js';
export * from './api/init-producer-id.js';
export * from './api/join-group.js';
export * from './api/leave-group.js';
export * from './api/list-groups.js';
export * from './api/list-offsets.js';
export * from './api/list-partition-reassignments.js';
export * from './api/metadata.js';
export * from './api/offset-commit.js';
export * from './api/offset-delete.js';
export * from './api/offset-fetch.js';
export * from './api/offset-for-leader-epoch.js';
export * from './api/produce.js';
export * from './api/sasl-authenticate.js';
export * from './api/sasl-handshake.js';
export * from './api/served-apis.js';
export * from './api/sync-group.js';
export { hasValidCrc, readBatchHeader, type BatchHeader } from './batch/batch-header.js';
export { AT, ATTRIBUTES, BATCH_HEADER_BYTES, LENGTH_ENDS_AT } from './batch/batch-layout.js';
export {
  buildRecordBatch,
  readRecords,
  type KeyValue,
  type Sequence,
} from './batch/record-batch.js';
export { readStoredRecords, retainRecords, type StoredRecord } from './batch/stored-records.js';
export { stampBatch, type Stamp } from './batch/stamp-batch.js';
export { timestampMs } from './batch/timestamp.js';
export { validateBatch, type BatchRules, type BatchVerdict } from './batch/validate-batch.js';
export {
  ANY_RECORDS,
  READABLE,
  walkRecords,
  type RecordLimits,
  type RecordsVerdict,
} from './batch/walk-records.js';
export { KAFKA_ERRORS, nameOfKafkaError, type KafkaError } from './error-codes.js';
export { FrameSplitter } from './frame/frame-splitter.js';
export {
  correlationIdOf,
  decodeResponse,
  encodeRequest,
  type RequestOptions,
} from './frame/client-frames.js';
export {
  readRequestHeader,
  writeRequest,
  writeResponse,
  type RequestHeader,
} from './frame/headers.js';
export {
  formatCredentials,
  parseCredentials,
  USUAL_ITERATIONS,
  type Credentials,
} from './sasl/credentials.js';
export { PlainExchange } from './sasl/plain-exchange.js';
export {
  SASL_MECHANISMS,
  type SaslExchange,
  type SaslMechanism,
  type SaslStep,
  type ScramMechanism,
} from './sasl/sasl-exchange.js';
export { ScramClient, type Login } from './sasl/scram-client.js';
export { ScramExchange } from './sasl/scram-exchange.js';
export { deriveScramKeys, hmac, isSame, keyLengthOf, type ScramKeys } from './sasl/scram-keys.js';
export { MalformedFrame } from './wire/malformed-frame.js';
export { WireReader } from './wire/wire-reader.js';
export { WireWriter } from './wire/wire-writer.js';
