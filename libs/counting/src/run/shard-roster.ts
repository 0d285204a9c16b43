/** A shard that did not say what it covers is asked again after this time. */
const ASK_AGAIN_MS = 2000;
/** A flush may be made smaller down to one record: below this it is one. */
const MIN_FLUSH_BYTES = 64 << 10;
/**
 * For one that comes and goes, at most this part of the time goes into reading again what the others
 * have: it grows with all that the one lacks, and one day no pause of fixed length would be enough.
 */
const REREADING = 1 / 4;
/**
 * By how much flushes that were too slow may grow with each that was as large as they may be and went
 * well: some 45 of them until they are twice as large. To find out that they are too slow again costs
 * far more than small ones do.
 */
const GROWTH = 65 / 64;

/** What a roster goes by. */
export interface ShardRosterOptions {
  /** Bytes of one delta, until a shard finds it too large. */
  readonly flushBytes: number;
  /** Least time between two rebuilds for one shard that comes and goes; twice as long each time. */
  readonly firstRejoinMs: number;
  /** To this bound. */
  readonly maxRejoinMs: number;
}

interface Standing {
  isAbsent: boolean;
  askedAgainAtMs: number;
  rejoinedAtMs: number;
  rejoinPauseMs: number;
  flushBytes: number;
  maxRows: number;
}

/**
 * What is known of shards from run to run: which are absent, how long those that come and go have to
 * wait, and how large a flush each of them takes. Its time is what it was told of, and never goes back.
 */
export class ShardRoster {
  private readonly standings = new Map<number, Standing>();
  private toldMs: number | undefined;
  private passedMs = 0;

  constructor(private readonly options: ShardRosterOptions) {}

  /** Time since the first tick. */
  get elapsedMs(): number {
    return this.passedMs;
  }

  /** @param nowMs A clock that may be set: time that it goes back has not passed. */
  tick(nowMs: number): void {
    this.passedMs += Math.max(0, nowMs - (this.toldMs ?? nowMs));
    this.toldMs = nowMs;
  }

  isAbsent(shard: number): boolean {
    return this.standings.get(shard)?.isAbsent === true;
  }

  /** It is counted from now on. */
  join(shard: number): void {
    this.of(shard).isAbsent = false;
  }

  /** The others are counted without it. */
  leave(shard: number): void {
    const standing = this.of(shard);
    standing.isAbsent = true;
    standing.askedAgainAtMs = this.passedMs + ASK_AGAIN_MS;
  }

  /** Whether it is time to ask an absent shard again; the next time comes later then. */
  asksAgain(shard: number): boolean {
    const standing = this.of(shard);
    if (this.passedMs < standing.askedAgainAtMs) return false;
    standing.askedAgainAtMs = this.passedMs + ASK_AGAIN_MS;
    return true;
  }

  /**
   * Whether all begin anew now for an absent shard that has answered. One that comes and goes does not
   * keep the others from counting: its pauses grow, until it was there for long.
   *
   * @param caughtUpAfterMs What it took, after all began anew last, to read again what the others have;
   * undefined: that is under way.
   */
  rejoins(shard: number, caughtUpAfterMs: number | undefined): boolean {
    const { firstRejoinMs, maxRejoinMs } = this.options;
    const standing = this.of(shard);
    const sinceMs = this.passedMs - standing.rejoinedAtMs;
    const leastMs = Math.max(
      standing.rejoinPauseMs,
      (caughtUpAfterMs ?? Number.POSITIVE_INFINITY) / REREADING,
    );
    if (sinceMs < leastMs) return false;
    standing.rejoinedAtMs = this.passedMs;
    standing.rejoinPauseMs =
      sinceMs > 2 * maxRejoinMs ? firstRejoinMs : Math.min(2 * standing.rejoinPauseMs, maxRejoinMs);
    return true;
  }

  /** Bytes of one delta for this shard; 0: one record each. */
  flushBytes(shard: number): number {
    return this.of(shard).flushBytes;
  }

  /** It found a flush too large: half as much from now on. False when it was one record already. */
  shrinkFlushes(shard: number): boolean {
    const standing = this.of(shard);
    if (standing.flushBytes === 0) return false;
    const half = standing.flushBytes >> 1;
    standing.flushBytes = half < MIN_FLUSH_BYTES ? 0 : half;
    return true;
  }

  /** Rows that one delta for this shard must not pass, but for those of its last record. */
  maxRows(shard: number): number {
    return Math.floor(this.of(shard).maxRows);
  }

  /** A flush with so many rows took it too long: half as many from now on, which are returned. */
  slowDown(shard: number, rows: number): number {
    const standing = this.of(shard);
    standing.maxRows = Math.max(1, Math.min(rows, standing.maxRows) / 2);
    return this.maxRows(shard);
  }

  /**
   * A flush with so many rows went well at once: the next may have more when it was as large as it may
   * be. From `enough` on there is no such bound any more.
   */
  speedUp(shard: number, rows: number, enough: number): void {
    const standing = this.of(shard);
    if (rows < this.maxRows(shard)) return;
    standing.maxRows *= GROWTH;
    if (standing.maxRows >= enough) standing.maxRows = Number.POSITIVE_INFINITY;
  }

  private of(shard: number): Standing {
    const known = this.standings.get(shard);
    if (known !== undefined) return known;
    const { flushBytes, firstRejoinMs } = this.options;
    const standing = {
      isAbsent: false,
      askedAgainAtMs: 0,
      rejoinedAtMs: Number.NEGATIVE_INFINITY,
      rejoinPauseMs: firstRejoinMs,
      flushBytes,
      maxRows: Number.POSITIVE_INFINITY,
    };
    this.standings.set(shard, standing);
    return standing;
  }
}
