import avsc from 'avsc';
import type { AvroCursor } from './avro-cursor.js';

/** How much a record may have; what has more is not read. */
export interface RecordBounds {
  /** Most bytes of a string, by the name of the field that has it; of a field not named here: none. */
  readonly stringBytes: ReadonlyMap<string, number>;
  /** Most entries of a map, most bytes of their names, and of their values that are strings. */
  readonly mapEntries: number;
  readonly mapNameBytes: number;
  readonly mapStringBytes: number;
}

/** Takes one value from the cursor; what it returns of a broken one means nothing. */
export type Read<T = unknown> = (cursor: AvroCursor) => T;

const { RecordType, MapType, UnwrappedUnionType } = avsc.types;

/**
 * What reads a record of the schema `written` as one of the schema `wanted` (schema resolution): a
 * field that was added has its default, one that is gone is read over. Made once from the schemas;
 * knows the part of Avro that events are made of, and throws RangeError for any other.
 */
export function recordReader(
  written: avsc.Type,
  wanted: avsc.Type,
  bounds: RecordBounds,
): Read<Record<string, unknown>> {
  if (!(written instanceof RecordType) || !(wanted instanceof RecordType))
    throw new RangeError(`expected records, got ${written.typeName} and ${wanted.typeName}`);
  const names = wanted.fields.map(({ name }) => name);
  const reads = written.fields.map(({ name, type }) => {
    const field = wanted.fields.find((one) => one.name === name);
    return readerOf(type, field?.type ?? type, bounds.stringBytes.get(name) ?? 0, bounds);
  });
  // Where a value that was read belongs in the record; -1: nowhere.
  const places = written.fields.map(({ name }) => names.indexOf(name));
  // An added field has its default in all records.
  const values: unknown[] = wanted.fields.map((field, place) =>
    places.includes(place) ? undefined : field.defaultValue(),
  );
  const Made = wanted.recordConstructor as new (...values: unknown[]) => Record<string, unknown>;
  return (cursor) => {
    for (let index = 0; index < reads.length; index++) {
      const value = reads[index]?.(cursor);
      const place = places[index] ?? -1;
      if (place >= 0) values[place] = value;
    }
    return new Made(...values);
  };
}

function readerOf(
  written: avsc.Type,
  wanted: avsc.Type,
  maxStringBytes: number,
  bounds: RecordBounds,
): Read {
  if (written instanceof UnwrappedUnionType)
    return unionReader(
      written.types.map((branch) => readerOf(branch, wanted, maxStringBytes, bounds)),
    );
  if (wanted instanceof UnwrappedUnionType) {
    const same = wanted.types.find(({ branchName }) => branchName === written.branchName);
    if (same === undefined) throw new RangeError(`expected a branch for ${written.typeName}`);
    return readerOf(written, same, maxStringBytes, bounds);
  }
  if (written instanceof RecordType) return recordReader(written, wanted, bounds);
  if (written instanceof MapType && wanted instanceof MapType) {
    const { mapStringBytes } = bounds;
    return mapReader(
      readerOf(written.valuesType, wanted.valuesType, mapStringBytes, bounds),
      bounds,
    );
  }
  switch (written.typeName) {
    case 'null':
      return () => null;
    case 'boolean':
      return (cursor) => cursor.boolean();
    case 'int':
      return (cursor) => cursor.int();
    case 'long':
      return (cursor) => cursor.long();
    case 'double':
      return (cursor) => cursor.double();
    case 'string':
      return (cursor) => cursor.string(maxStringBytes);
    default:
      throw new RangeError(`expected a type that events are made of, got ${written.typeName}`);
  }
}

function unionReader(branches: readonly Read[]): Read {
  return (cursor) => {
    const read = branches[cursor.long()];
    if (read !== undefined) return read(cursor);
    cursor.breakOff();
    return undefined;
  };
}

/** Blocks of entries up to one of none; a negative count has the block's length in bytes behind it. */
function mapReader(
  readValue: Read,
  { mapEntries, mapNameBytes }: RecordBounds,
): Read<Record<string, unknown>> {
  return (cursor) => {
    const map: Record<string, unknown> = {};
    let entries = 0;
    for (let count = cursor.long(); count !== 0; count = cursor.long()) {
      if (count < 0) {
        count = -count;
        const bytes = cursor.long();
        if (bytes < 0 || bytes > cursor.left) cursor.breakOff();
      }
      entries += count;
      if (entries > mapEntries) cursor.breakOff();
      for (let index = 0; index < count && !cursor.isBroken; index++) {
        const name = cursor.string(mapNameBytes);
        // An object cannot hold this one like the others.
        if (name === '__proto__') cursor.breakOff();
        else map[name] = readValue(cursor);
      }
      if (cursor.isBroken) break;
    }
    return map;
  };
}
