export { readBlock, type BlockRecord } from './aggregate/block-record.js';
export type { CountingRules } from './aggregate/event-folder.js';
export {
  PartitionCounter,
  type CountedRecord,
  type RecordCounts,
  type Takers,
} from './aggregate/partition-counter.js';
export { MAX_DELTA_BYTES, ShardDelta } from './aggregate/shard-delta.js';
export type { Catalog } from './catalog/catalog.js';
export { CatalogHistory } from './catalog/catalog-history.js';
export { OffsetSet } from './coverage/offset-set.js';
export { DedupWindow } from './dedup/dedup-window.js';
export {
  DEAD_EVENT_STATES,
  toldOf,
  type DeadEventState,
  type ToldEvent,
  type ToldRecord,
} from './dead-events/dead-event-states.js';
export {
  ReplaySums,
  type Countability,
  type ReplayRequest,
  type ReplayRules,
} from './dead-events/replay-sums.js';
export { UnknownMeanings } from './dead-events/unknown-meanings.js';
export * from './event-types/index.js';
export type { Standing } from './letters/dead-letters.js';
export {
  LetterDelivery,
  type DeliveryAction,
  type StoredLetter,
} from './letters/letter-delivery.js';
export type { LetterPlace } from './letters/letter-index.js';
export { standingBy } from './letters/standing-letters.js';
export { CountingRun } from './run/counting-run.js';
export type { CountingRunOptions } from './run/counting-run-options.js';
export type {
  Answer,
  FlushAction,
  FlushFailure,
  FlushOutcome,
  RunAction,
  ShardCoverage,
} from './run/run-action.js';
export { MAX_RETRY_MS } from './run/shard-flushes.js';
export { LogRetention } from './run/log-retention.js';
export { LogTime } from './run/log-time.js';
export { ShardRoster, type ShardRosterOptions } from './run/shard-roster.js';
export { SeriesTable } from './series/series-table.js';
export * from './snapshots/index.js';
export {
  isExactDecimal,
  MAX_DECIMALS,
  MAX_DIGITS,
  POWERS_OF_TEN,
  toMicro,
  VALUE_BOUND,
} from './sums/decimal.js';
