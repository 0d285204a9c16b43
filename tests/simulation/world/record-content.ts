import { decodeBlock, decodeEvent, ENTRY_HEADER_BYTES, readEntries } from '@tally/contracts';

/** What a record holds. */
export interface RecordContent {
  readonly ids: readonly string[];
  readonly registryVersion: number;
  readonly catalogPosition: bigint;
  /** undefined: it is never void. */
  readonly notAfterMs: number | undefined;
}

/** Reads a whole record, by the format alone. */
export function contentOf(value: Buffer | null): RecordContent {
  const block = decodeBlock(value ?? Buffer.alloc(0));
  if (block.kind !== 'block')
    return { ids: [], registryVersion: 0, catalogPosition: 0n, notAfterMs: undefined };
  const { registryVersion, catalogPosition, count, body, schemaId, notAfterMs } = block;
  const entries = readEntries(body, count);
  if (entries.kind !== 'entries') throw new Error(entries.reason);
  const ids = Array.from({ length: count }, (_, index) => {
    const start = (entries.starts[index] ?? 0) + ENTRY_HEADER_BYTES;
    return decodeEvent(schemaId, body, start, entries.starts[index + 1] ?? 0)?.id ?? '';
  });
  return { ids, registryVersion, catalogPosition, notAfterMs };
}
