export { GatheringQueue, type GatheringOptions } from './gather/gathering-queue.js';
export { keepTrying, type KeepTryingOptions } from './retry/keep-trying.js';
