export { GatheringQueue, type GatheringOptions } from './gather/gathering-queue.js';
