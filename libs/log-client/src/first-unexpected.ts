/**
 * The offset of the first record that does not follow the one before; undefined if all do.
 *
 * @param expected Offset that the first record must have.
 */
export function firstUnexpected(
  records: readonly { readonly offset: string }[],
  expected: bigint,
): bigint | undefined {
  let next = expected;
  for (const record of records) {
    const offset = BigInt(record.offset);
    if (offset !== next) return offset;
    next += 1n;
  }
  return undefined;
}
