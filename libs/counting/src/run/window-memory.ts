import { MAX_FINGERPRINT_BYTES } from '../dedup/dedup-window.js';

/** Of the bound: so much has to be free until a partition that waited is read again. */
const RELIEF = 1 / 64;

/**
 * Bounds the memory of all dedup windows of a run, by what is in them: whatever was forgotten has room
 * for others. Nothing is forgotten that the log can still ask for, so a window that is too large makes
 * its partition wait, by a record more than the bound at most.
 */
export class WindowMemory {
  private readonly sizes = new Map<number, number>();
  private fingerprints = 0;

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.fingerprints * MAX_FINGERPRINT_BYTES;
  }

  get isFull(): boolean {
    return this.bytes >= this.maxBytes;
  }

  /** Whether so many more fingerprints fit, were all of them new. */
  hasRoomFor(fingerprints: number): boolean {
    return this.bytes + fingerprints * MAX_FINGERPRINT_BYTES <= this.maxBytes;
  }

  /** Whether so much is free that it is worth while to go on. */
  get isRelieved(): boolean {
    return this.bytes <= this.maxBytes * (1 - RELIEF);
  }

  /** The window of a partition has so many fingerprints now. */
  tell(partition: number, fingerprints: number): void {
    this.fingerprints += fingerprints - (this.sizes.get(partition) ?? 0);
    this.sizes.set(partition, fingerprints);
  }
}
