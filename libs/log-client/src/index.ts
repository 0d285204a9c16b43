export { AppendClient, type AppendRecord, type Appended } from './append/append-client.js';
export {
  GroupReader,
  type Assignment,
  type GroupReaderOptions,
  type ReadRecord,
} from './group-reader.js';
export { longestAppendMs, type KafkaConfig } from './kafka.js';
export { LogAdmin } from './log-admin.js';
export { LogReader, type KeyedRecord, type ReadLimits, type ReadPartition } from './log-reader.js';
export { kafkaConfig, logSettings, type LogConfig } from './settings.js';
