export {
  addressesIn,
  gatewayTarget,
  NO_GATEWAY,
  type GatewayTarget,
  type KnownAddresses,
} from './gateway-target.js';
export { ImportProblem } from './import/import-problem.js';
export {
  Importer,
  type ImportFigures,
  type ImportOptions,
  type ImportParts,
} from './import/importer.js';
export type { InputRecord, Reading } from './import/reading.js';
