import { MAX_DELTA_BYTES, type ShardDelta } from '../aggregate/shard-delta.js';
import type { UnconfirmedRecords } from '../letters/unconfirmed-records.js';
import type { SeriesTable } from '../series/series-table.js';
import type { ReadingPause } from './reading-pause.js';
import type { FlushOutcome, RunAction } from './run-action.js';
import { ShardFlushes, type AfterFlush, type Instants, type Positions } from './shard-flushes.js';
import type { ShardRoster } from './shard-roster.js';

/** Events that wait until all shards have confirmed them are kept, up to so many bytes. */
const MAX_UNCONFIRMED_BYTES = 64 << 20;
const NOBODY_LEFT = 'no shard is left';
const HOLDS_UP = 'it does not answer, and too much waits for it';

/** Under which shard map and bounds shards are counted. */
export interface CountedShardsOptions {
  readonly epoch: number;
  readonly topic: string;
  readonly series: SeriesTable;
  readonly roster: ShardRoster;
  /** Rows for one shard that are flushed before the next tick. */
  readonly flushRows: number;
  /** How long the others wait for a shard while nothing is read because too much waits for it. */
  readonly shardPatienceMs: number;
  /** By append times alone, of what was read. */
  readonly instants: () => Instants;
  readonly positions: () => Positions;
  /** What is in the sums of some shard and not confirmed by it. */
  readonly unconfirmed: UnconfirmedRecords;
  readonly pause: ReadingPause;
  /** Does it when the dead events of all that was read are durable. */
  readonly afterDurable: (work: () => void) => void;
  /** Told of a shard that is left, before its sums are forgotten: it has confirmed all below that. */
  readonly onLeave: (shard: number, confirmed: Positions) => void;
  readonly emit: (action: RunAction) => void;
}

/**
 * The shards that something is summed up for. What waits for one of them is bounded: nothing more is
 * read while it is large and a flush is on its way, and a shard that is waited for too long is left.
 */
export class CountedShards {
  private readonly shards = new Map<number, ShardFlushes>();
  private readonly open = new Map<number, ShardDelta>();
  /** Since when its flush is on its way and what waits is large, in the roster's time. */
  private readonly behindSinceMs = new Map<number, number>();
  private lastFlush = 0;

  constructor(private readonly options: CountedShardsOptions) {}

  get size(): number {
    return this.shards.size;
  }

  has(shard: number): boolean {
    return this.shards.has(shard);
  }

  /** How many do not answer at the moment. */
  get silent(): number {
    let silent = 0;
    for (const { isSilent } of this.shards.values()) if (isSilent) silent += 1;
    return silent;
  }

  /** By shard: what is being summed up. Changes with each flush. */
  get deltas(): ReadonlyMap<number, ShardDelta> {
    return this.open;
  }

  /** What it has confirmed that it covers; undefined when it is absent. */
  confirmedOf(shard: number): Positions | undefined {
    return this.shards.get(shard)?.confirmedPositions;
  }

  /** By shard: what it has confirmed that it covers. */
  *confirmed(): Iterable<readonly [number, Positions]> {
    for (const [shard, { confirmedPositions }] of this.shards) yield [shard, confirmedPositions];
  }

  /** @param confirmed All below that it has, or will have without anything of ours. */
  join(shard: number, confirmed: Positions): void {
    const { topic, epoch, series, roster, pause, afterDurable, emit } = this.options;
    const flushes = new ShardFlushes({
      shard,
      epoch,
      topic,
      series,
      confirmed,
      nextNumber: () => (this.lastFlush += 1),
      afterDurable,
      emit,
    });
    this.shards.set(shard, flushes);
    this.open.set(shard, flushes.delta);
    roster.join(shard);
    pause.release(NOBODY_LEFT);
  }

  /** What was summed up for it is forgotten. */
  leave(shard: number, reason: string): void {
    const flushes = this.shards.get(shard);
    if (flushes !== undefined) this.options.onLeave(shard, flushes.confirmedPositions);
    flushes?.close();
    const isCounted = this.shards.delete(shard);
    this.open.delete(shard);
    const { roster, pause, emit } = this.options;
    roster.leave(shard);
    emit({ kind: 'absent', shard, reason });
    if (!isCounted) return;
    // Nobody would have anything of it.
    if (this.shards.size === 0) pause.hold(NOBODY_LEFT);
    this.catchUp(shard);
    this.forgetConfirmed();
  }

  /**
   * Nobody stands still for ever because of one, and no flush is tried for ever that is too large for
   * the time it has: when the shard is back, its flushes are smaller.
   */
  leaveThoseFarBehind(): void {
    const { roster, shardPatienceMs } = this.options;
    for (const shard of this.behindSinceMs.keys())
      if (this.shards.get(shard)?.isHeld === true) this.behindSinceMs.set(shard, roster.elapsedMs);
    for (const [shard, sinceMs] of this.behindSinceMs)
      if (roster.elapsedMs - sinceMs >= shardPatienceMs) this.leaveForSmaller(shard, HOLDS_UP);
    for (const [shard, { isTooSlow }] of this.shards)
      if (isTooSlow) this.leaveForSmaller(shard, 'each try of a flush takes it too long');
  }

  private leaveForSmaller(shard: number, reason: string): void {
    const rows = this.shards.get(shard)?.flyingRows ?? 0;
    if (rows === 0) return this.leave(shard, reason);
    const fewer = this.options.roster.slowDown(shard, rows);
    this.leave(shard, `${reason}; its flush had ${rows} rows, the next have at most ${fewer}`);
  }

  /**
   * Makes room for one more record: false while a flush is on its way and the next may not grow.
   *
   * @param moreBytes What it may add beyond what any record does.
   */
  hasRoom(moreBytes: number): boolean {
    this.flushLarge(moreBytes);
    for (const [number, { delta, isFlying }] of this.shards)
      if (isFlying && this.isFull(number, delta, moreBytes)) return false;
    return true;
  }

  /** Flushes what has grown large; stops reading while a shard is behind. */
  flushLarge(moreBytes = 0): void {
    for (const [number, shard] of this.shards) {
      if (!this.isLarge(number, shard.delta, moreBytes)) continue;
      if (shard.isFlying) this.fallBehind(number);
      else this.flush(number, shard, this.options.instants());
    }
  }

  /** Flushes what was summed up for it, unless a flush is on its way. */
  flushNext(number: number, instants: Instants): void {
    const shard = this.shards.get(number);
    if (shard?.isFlying === false) this.flush(number, shard, instants);
  }

  /** What is due after the answer; undefined when the flush was given up with its shard. */
  onFlushed(shard: number, number: number, outcome: FlushOutcome): AfterFlush | undefined {
    const flushes = this.shards.get(shard);
    const rows = flushes?.flyingRows ?? 0;
    const after = flushes?.onFlushed(number, outcome);
    if (after?.kind === 'sent-again') this.leaveIfHoldingUp(shard);
    if (after?.kind !== 'settled') return after;
    const { roster, flushRows } = this.options;
    if (!after.isBack) roster.speedUp(shard, rows, flushRows);
    this.forgetConfirmed();
    this.catchUp(shard);
    return after;
  }

  private flush(number: number, shard: ShardFlushes, instants: Instants): void {
    shard.flush(instants, this.options.positions());
    this.open.set(number, shard.delta);
  }

  private isLarge(shard: number, delta: ShardDelta, moreBytes: number): boolean {
    return delta.rows >= this.options.flushRows || this.isFull(shard, delta, moreBytes);
  }

  private isFull(shard: number, { bytes, rows }: ShardDelta, moreBytes: number): boolean {
    const { roster } = this.options;
    return (
      (bytes > 0 && bytes >= roster.flushBytes(shard)) ||
      (bytes > 0 && bytes + moreBytes > MAX_DELTA_BYTES) ||
      rows >= roster.maxRows(shard) ||
      this.options.unconfirmed.bytes >= MAX_UNCONFIRMED_BYTES
    );
  }

  private fallBehind(shard: number): void {
    if (!this.behindSinceMs.has(shard))
      this.behindSinceMs.set(shard, this.options.roster.elapsedMs);
    this.options.pause.hold(holderFor(shard));
    this.leaveIfHoldingUp(shard);
  }

  /** Others that do answer do not wait for one that does not. */
  private leaveIfHoldingUp(shard: number): void {
    if (!this.behindSinceMs.has(shard) || this.shards.get(shard)?.isHopeless !== true) return;
    for (const { isSilent } of this.shards.values())
      if (!isSilent) return this.leave(shard, HOLDS_UP);
  }

  private catchUp(shard: number): void {
    this.behindSinceMs.delete(shard);
    this.options.pause.release(holderFor(shard));
  }

  /** What all have confirmed is not needed any more. */
  private forgetConfirmed(): void {
    const { unconfirmed, positions } = this.options;
    for (const [partition, position] of positions()) {
      let least = position;
      for (const { confirmedPositions } of this.shards.values()) {
        const confirmed = confirmedPositions.get(partition) ?? 0n;
        if (confirmed < least) least = confirmed;
      }
      unconfirmed.forget(partition, least);
    }
  }
}

function holderFor(shard: number): string {
  return `shard ${shard}`;
}
