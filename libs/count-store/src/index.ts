export { mostRanges, readCoverage, IDENTITY_COLUMNS } from './coverage/read-coverage.js';
export { applyDelta, type ApplyResult } from './delta/apply-delta.js';
export { parseDelta, type Delta } from './delta/delta.js';
export { makePartitions, type PartitionReport } from './partitions/make-partitions.js';
export { toTallyError } from './postgres-errors.js';
export { MAX_SERIES, readCounters } from './read/read-counters.js';
export { migrate } from './schema/migrate.js';
