/** Where appends end and go on, in free bytes. */
export interface DiskWatermarksOptions {
  /** Bytes that are free on the disk of the log now. */
  readonly freeBytes: () => Promise<number>;
  /** With less than this, appends of clients are refused. */
  readonly lowBytes: number;
  /** So much more must be free until they are taken again. */
  readonly marginBytes: number;
}

/** The disk is looked at each time that so large a part of the reserve may have been used. */
const LOOKS_PER_RESERVE = 8;

/**
 * Refuses appends of clients before the disk is full. What is below `lowBytes` is a reserve:
 * for offsets of groups, for small files that are replaced to shorten the log, for rounds that are on
 * their way. A second, higher bound keeps it from changing its mind with every byte.
 */
export class DiskWatermarks {
  private free: number | undefined;
  private isLow = false;
  private bytesSinceLook = 0;
  private looking: Promise<void> | undefined;

  constructor(private readonly options: DiskWatermarksOptions) {}

  /** Bytes that were free at the last look; undefined before the first. */
  get freeBytes(): number | undefined {
    return this.free;
  }

  /** Why appends are refused now; undefined while they are taken. */
  get refusal(): string | undefined {
    if (!this.isLow) return undefined;
    return `the disk of the log has ${this.free} bytes left; appends are taken again with ${this.resumeBytes}`;
  }

  /** Looks how much is free. Rejects when that cannot be told; what held before holds on. */
  look(): Promise<void> {
    this.looking ??= this.measure().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** So many bytes were written. */
  wrote(bytes: number): void {
    this.bytesSinceLook += bytes;
    if (this.bytesSinceLook < this.options.lowBytes / LOOKS_PER_RESERVE) return;
    // A look that fails is told by the health check, which looks all the time.
    this.look().catch(() => undefined);
  }

  private get resumeBytes(): number {
    return this.options.lowBytes + this.options.marginBytes;
  }

  private async measure(): Promise<void> {
    this.bytesSinceLook = 0;
    this.free = await this.options.freeBytes();
    this.isLow = this.free < (this.isLow ? this.resumeBytes : this.options.lowBytes);
  }
}
