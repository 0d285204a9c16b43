export { AnswerEntries, encodeAnswerEntry, type WindowSketches } from './answer-entries.js';
export { deltaEntries, encodeDeltaEntry, ENTRY_BYTES, type DeltaEntry } from './delta-entries.js';
export { DDSketch, QUANTILE_ERROR } from './quantiles/dd-sketch.js';
export { attributeId, HashedText } from './uniques/hashed-text.js';
export { HyperLogLog, UNIQUE_ERROR } from './uniques/hyper-log-log.js';
export {
  QUANTILES,
  readSketches,
  sketchEnd,
  sketchKind,
  UNIQUES,
  type SketchKind,
} from './sketch.js';
