import type { AppendRequest } from '../generated/tally/partitioner/v1/partitioner.js';
import { MessageWriter } from './message-writer.js';

/** Numbers of the fields of AppendRequest. */
const FIELDS = {
  schemaId: 1,
  registryVersion: 2,
  count: 3,
  events: 4,
  arrivedMs: 5,
  catalogPosition: 6,
} as const;
/** Tags, numbers and the length of the events. */
const MOST_BESIDE_EVENTS = 64;

/** The message of an AppendRequest whose events lie in several buffers: each byte is copied once. */
export function writeAppendRequest(
  { schemaId, registryVersion, count, arrivedMs, catalogPosition }: Omit<AppendRequest, 'events'>,
  events: readonly Buffer[],
): Buffer {
  const eventBytes = events.reduce((sum, { length }) => sum + length, 0);
  const writer = new MessageWriter(eventBytes + MOST_BESIDE_EVENTS);
  writer.integer(FIELDS.schemaId, schemaId);
  writer.integer(FIELDS.registryVersion, registryVersion);
  writer.integer(FIELDS.count, count);
  writer.begin(FIELDS.events, eventBytes);
  for (const part of events) writer.part(part);
  if (arrivedMs !== undefined) writer.integer(FIELDS.arrivedMs, BigInt(arrivedMs));
  writer.integer(FIELDS.catalogPosition, BigInt(catalogPosition));
  return writer.finish();
}
