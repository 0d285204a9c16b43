const PREFIX_BYTES = 4;

/**
 * Where entries begin, in ascending order of the bytes of their keys, which are what they begin with.
 * Numbers of doubles are sorted: the first four bytes of the key above the number of the entry.
 */
export function inKeyOrder(bytes: Buffer, starts: Uint32Array, keyBytes: number): Uint32Array {
  const { length } = starts;
  const keys = new Float64Array(length);
  for (let entry = 0; entry < length; entry++)
    keys[entry] = bytes.readUInt32BE(starts[entry] ?? 0) * length + entry;
  keys.sort();
  const ordered = new Uint32Array(length);
  const prefixes = new Uint32Array(length);
  for (let place = 0; place < length; place++) {
    const key = keys[place] ?? 0;
    const prefix = Math.floor(key / length);
    prefixes[place] = prefix;
    ordered[place] = starts[key - prefix * length] ?? 0;
  }
  for (let from = 0, to = 1; to <= length; to++) {
    if (to < length && prefixes[to] === prefixes[from]) continue;
    if (to - from > 1)
      ordered.subarray(from, to).sort((a, b) => compareRest(bytes, a, b, keyBytes));
    from = to;
  }
  return ordered;
}

function compareRest(bytes: Buffer, a: number, b: number, keyBytes: number): number {
  return bytes.compare(bytes, b + PREFIX_BYTES, b + keyBytes, a + PREFIX_BYTES, a + keyBytes);
}
