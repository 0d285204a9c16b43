import avsc from 'avsc';
import { AvroCursor } from './avro-cursor.js';
import { recordReader, type Read, type RecordBounds } from './avro-reader.js';

/**
 * Writes records with the newest of some Avro schemas (that of the highest id), and reads those of
 * every schema as records of the newest (Avro 1.12, schema resolution): what a schema added later
 * has its default, what one dropped is left out. Throws when a schema cannot be read as the newest.
 *
 * Bytes to be read are anybody's. Avro's own decoder trusts them: it goes on behind their end, and
 * counts to 2^63 when they say so. This one has bounds, and work and memory follow from the length.
 */
export class EvolvingCodec<T> {
  /** Id of the schema that records are written with. */
  readonly currentId: number;
  private readonly current: avsc.Type;
  /** By id of a schema. */
  private readonly readers = new Map<number, Read>();
  private readonly cursor = new AvroCursor();

  constructor(schemas: ReadonlyMap<number, object>, bounds: RecordBounds) {
    this.currentId = Math.max(...schemas.keys());
    this.current = typeOf(schemas.get(this.currentId));
    for (const [id, schema] of schemas) {
      const written = typeOf(schema);
      // Throws when there is no resolution.
      this.current.createResolver(written);
      this.readers.set(id, recordReader(written, this.current, bounds));
    }
  }

  /** Whether records of this schema can be read here. */
  knows(schemaId: number): boolean {
    return this.readers.has(schemaId);
  }

  /**
   * Writes a record (Avro binary encoding) and returns the position behind it. When the buffer is too
   * small nothing usable is written and the result is minus the missing bytes.
   */
  encode(record: T, into: Buffer, at: number): number {
    return this.current.encode(record, into, at);
  }

  /**
   * The record that lies in exactly these bytes; undefined when the schema is unknown, when it is not
   * one, or when it is one past its bounds. Never throws.
   */
  decode(schemaId: number, bytes: Buffer, from: number, to: number): T | undefined {
    const read = this.readers.get(schemaId);
    if (read === undefined) return undefined;
    const { cursor } = this;
    cursor.open(bytes, from, to);
    const record = read(cursor);
    return cursor.isDone ? (record as T) : undefined;
  }
}

function typeOf(schema: object | undefined): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema);
}
