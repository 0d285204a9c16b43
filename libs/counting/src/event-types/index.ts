export { EventTypeHistory, type VersionedDefinition } from './event-type-history.js';
export {
  ATTRIBUTE_NAME_BYTES,
  EVENT_TYPES_NODE,
  isAttributeName,
  isEventTypeName,
  isSameDefinition,
  MAX_AGE_MS,
  MAX_DIMENSIONS,
  MIN_AGE_MS,
  parseRegistryChange,
  problemOf,
} from './event-type-definition.js';
