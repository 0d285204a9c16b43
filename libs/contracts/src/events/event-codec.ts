import { EVENT_SCHEMAS, type Event } from '../generated/avro/event.js';
import { EVENT_BOUNDS } from './event-rules.js';
import { EvolvingCodec } from './evolving-codec.js';

const codec = new EvolvingCodec<Event>(EVENT_SCHEMAS, EVENT_BOUNDS);

/** Id of the schema that events are written with: that of the newest file in avro/. */
export const CURRENT_SCHEMA_ID = codec.currentId;

/** So far ahead may schemas be that a later version writes; whoever names others made them up. */
const LATER_SCHEMAS = 100;

/**
 * Whether events of this schema are such of a later version, which are read when this one is replaced.
 * Nobody can say what they mean until then.
 */
export function isLaterSchema(schemaId: number): boolean {
  return schemaId > CURRENT_SCHEMA_ID && schemaId <= CURRENT_SCHEMA_ID + LATER_SCHEMAS;
}

/** Whether events of this schema can be read here. */
export function isKnownSchema(schemaId: number): boolean {
  return codec.knows(schemaId);
}

/**
 * Writes an event with the current schema and returns the position behind it. When the buffer is too
 * small nothing usable is written and the result is minus the missing bytes.
 */
export function encodeEvent(event: Event, into: Buffer, at: number): number {
  return codec.encode(event, into, at);
}

/**
 * The event that lies in exactly these bytes, written with any schema that there ever was; undefined
 * when the schema is unknown, when it is not one, or when a text, a number or the attributes are past
 * the bounds of events. Anybody may have written the bytes: it never throws, and takes as long as they
 * are.
 */
export function decodeEvent(
  schemaId: number,
  bytes: Buffer,
  from = 0,
  to = bytes.length,
): Event | undefined {
  return codec.decode(schemaId, bytes, from, to);
}
