export type { ClosedGeneration } from './generation-draft.js';
export {
  GenerationFiles,
  generationFileName,
  parseGenerationFileName,
  type GenerationFile,
} from './generation-files.js';
export {
  readGeneration,
  sealGeneration,
  toldRecords,
  type WindowGeneration,
} from './window-generation.js';
