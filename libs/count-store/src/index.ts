export { mostRanges, readCoverage, IDENTITY_COLUMNS } from './coverage/read-coverage.js';
export { admitSeries } from './delta/admit-series.js';
export { applyDelta, type ApplyResult } from './delta/apply-delta.js';
export { forgetDeadEvents } from './dead-events/forget-dead-events.js';
export { listDeadEventActions, readDeadEvents } from './dead-events/read-dead-events.js';
export {
  parseSettlement,
  settleDeadEvents,
  type Settlement,
} from './dead-events/settle-dead-events.js';
export { parseDelta, type Delta } from './delta/delta.js';
export {
  makeTablePartitions,
  type TablePartitionReport,
} from './table-partitions/make-table-partitions.js';
export { readLedger, type LedgerQuestion } from './ledger/read-ledger.js';
export { acceptLoss, listLosses } from './losses/accept-loss.js';
export {
  keepNodes,
  lastKeptPath,
  readInstallation,
  readKeptNode,
  readKeptNodes,
  replaceNode,
  stampInstallation,
  type InstallationRow,
  type KeptNode,
} from './installation/installation.js';
export { toTallyError } from './postgres-errors.js';
export type { InSteps } from './read/answer-rows.js';
export { readCounters, type Asker } from './read/read-counters.js';
export { readGroups } from './read/read-groups.js';
export type { Writer } from './schema/grant-writer.js';
export { migrate, SchemaError } from './schema/migrate.js';
