export { EventTypeHistory, type VersionedDefinition } from './event-type-history.js';
