import { UnreadableRecords } from './checked-codecs.js';

/** The log or the client cannot read something, and does not say in which partition. */
export function isDamage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; { cause } = cause) {
    if (cause instanceof UnreadableRecords) return true;
    if ('type' in cause && cause.type === 'CORRUPT_MESSAGE') return true;
  }
  return false;
}

/** How partitions are read and not read. */
export interface Reading {
  readonly read: (partition: number) => void;
  readonly pause: (partition: number) => void;
}

/**
 * Finds the partition whose records cannot be read. The client drops an answer as a whole for one
 * error in it, and does not say which partition it was. So after such an error partitions are read one
 * at a time: the one that is read when it comes again is damaged where it stands. When all others were
 * read without it, all of them are read as before.
 */
export class DamageSearch {
  private readonly damaged = new Map<number, bigint>();
  private isSearching = false;
  private waiting: number[] = [];
  private sound: number[] = [];
  private alone: number | undefined;
  /** The fetch that is under way asks for the one that is alone. */
  private isAsked = false;

  constructor(private readonly reading: Reading) {}

  /** With a new assignment. What is known of partitions stays. */
  begin(): void {
    this.waiting = [];
    this.sound = [];
    this.alone = undefined;
    this.isAsked = false;
  }

  isDamagedAt(partition: number, offset: bigint): boolean {
    return this.damaged.get(partition) === offset;
  }

  mayRead(partition: number): boolean {
    return !this.isSearching || partition === this.alone;
  }

  /** The partition is wanted: now, or when it is its turn. */
  add(partition: number): void {
    this.drop(partition);
    if (!this.isSearching) return this.reading.read(partition);
    this.waiting.push(partition);
    if (this.alone === undefined) this.next();
  }

  /** The partition is not wanted any more. */
  drop(partition: number): void {
    const isOther = (one: number) => one !== partition;
    this.waiting = this.waiting.filter(isOther);
    this.sound = this.sound.filter(isOther);
    if (this.alone === partition) this.next();
  }

  onFetchBegun(): void {
    this.isAsked = this.alone !== undefined;
  }

  /** The log answered without an error. */
  onFetched(): void {
    const { alone } = this;
    if (!this.isAsked || alone === undefined) return;
    this.reading.pause(alone);
    this.sound.push(alone);
    this.next();
  }

  /** The client gives up for now. @param at Where a partition stands. */
  onCrash(error: Error, at: (partition: number) => bigint | undefined): void {
    const offset = this.alone === undefined ? undefined : at(this.alone);
    if (isDamage(error)) {
      this.isSearching = true;
      if (this.alone !== undefined && offset !== undefined) this.damaged.set(this.alone, offset);
    } else {
      // The log was away: somebody may have mended what it could not read.
      this.isSearching = false;
      this.damaged.clear();
    }
    this.begin();
  }

  private next(): void {
    this.isAsked = false;
    this.alone = this.waiting.shift();
    if (this.alone !== undefined) return this.reading.read(this.alone);
    this.isSearching = false;
    for (const partition of this.sound.splice(0)) this.reading.read(partition);
  }
}
