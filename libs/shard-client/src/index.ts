export {
  EventTypeRegistry,
  type EventTypeRegistryOptions,
} from './event-types/event-type-registry.js';
export type { EventTypes } from './event-types/event-types.js';
export { Shards, type ShardsOptions } from './shards.js';
