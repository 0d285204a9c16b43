import avsc from 'avsc';

/**
 * Writes records with the newest of some Avro schemas (that of the highest id), and reads those of
 * every schema as records of the newest (Avro 1.12, schema resolution): what a schema added later
 * has its default, what one dropped is left out. Throws when a schema cannot be read as the newest.
 */
export class EvolvingCodec<T> {
  /** Id of the schema that records are written with. */
  readonly currentId: number;
  private readonly current: avsc.Type;
  /** By id of an older schema. */
  private readonly resolvers = new Map<number, ReturnType<avsc.Type['createResolver']>>();

  constructor(schemas: ReadonlyMap<number, object>) {
    this.currentId = Math.max(...schemas.keys());
    this.current = typeOf(schemas.get(this.currentId));
    for (const [id, schema] of schemas)
      if (id !== this.currentId)
        this.resolvers.set(id, this.current.createResolver(typeOf(schema)));
  }

  /**
   * Writes a record (Avro binary encoding) and returns the position behind it. When the buffer is too
   * small nothing usable is written and the result is minus the missing bytes.
   */
  encode(record: T, into: Buffer, at: number): number {
    return this.current.encode(record, into, at);
  }

  /** The record that lies in exactly these bytes; undefined when the schema is unknown or it is not one. */
  decode(schemaId: number, bytes: Buffer, from: number, to: number): T | undefined {
    const resolver = schemaId === this.currentId ? undefined : this.resolvers.get(schemaId);
    if (resolver === undefined && schemaId !== this.currentId) return undefined;
    try {
      const { value, offset } = this.current.decode(bytes, from, resolver);
      return offset === to ? (value as T) : undefined;
    } catch {
      // avsc throws plain errors of many kinds for bytes that are not of the schema.
      return undefined;
    }
  }
}

function typeOf(schema: object | undefined): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema);
}
