import avsc from 'avsc';
import { EVENT_SCHEMA, type Event } from './generated/avro/event.js';

/** Id of the schema that events are written with. Ids are never given twice. */
export const CURRENT_SCHEMA_ID = 1;

/** Every schema that was ever written, by id: old blocks stay readable. */
const CODECS: ReadonlyMap<number, avsc.Type> = new Map([
  [CURRENT_SCHEMA_ID, avsc.Type.forSchema(EVENT_SCHEMA as unknown as avsc.Schema)],
]);

const current = CODECS.get(CURRENT_SCHEMA_ID) as avsc.Type;

/**
 * Writes an event (Avro 1.12 binary encoding) and returns the position behind it. When the buffer is
 * too small nothing usable is written and the result is minus the missing bytes.
 */
export function encodeEvent(event: Event, into: Buffer, at: number): number {
  return current.encode(event, into, at);
}

/** The event that lies in exactly these bytes; undefined when the schema is unknown or it is not one. */
export function decodeEvent(
  schemaId: number,
  bytes: Buffer,
  from = 0,
  to = bytes.length,
): Event | undefined {
  const codec = CODECS.get(schemaId);
  if (codec === undefined) return undefined;
  try {
    const { value, offset } = codec.decode(bytes, from);
    return offset === to ? (value as Event) : undefined;
  } catch {
    // avsc throws plain errors of many kinds for bytes that are not of the schema.
    return undefined;
  }
}
