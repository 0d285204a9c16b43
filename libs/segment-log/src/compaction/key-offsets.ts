import { createHash } from 'node:crypto';

/** Bytes of a key's hash: no two keys of one partition have the same. */
const HASH_BYTES = 16;

/** A key in as much memory as any other: its SHA-256, cut, one character a byte. */
export type KeyHash = string & { readonly kind?: 'key hash' };

/** The same for the same key, and for no other. */
export function hashOf(key: Buffer): KeyHash {
  return createHash('sha256').update(key).digest().toString('latin1', 0, HASH_BYTES);
}

/** Where the last record of each key is, for a bounded number of keys. */
export class KeyOffsets {
  private readonly offsets = new Map<KeyHash, bigint>();

  constructor(private readonly maxKeys: number) {}

  get size(): number {
    return this.offsets.size;
  }

  /** Records are added in order. False: there is no room for another key. */
  add(key: KeyHash, offset: bigint): boolean {
    if (this.offsets.size >= this.maxKeys && !this.offsets.has(key)) return false;
    this.offsets.set(key, offset);
    return true;
  }

  lastOf(key: KeyHash): bigint | undefined {
    return this.offsets.get(key);
  }
}
