import { setTimeout as sleep } from 'node:timers/promises';
import { Compaction } from '../compaction/compaction.js';
import { DamagedLog } from '../files/damaged-log.js';
import { isOutOfDescriptors } from '../files/file-system.js';
import type { Partition } from '../partition/partition.js';
import { expiredSegments, isTooOld, type Retention } from '../retention/retention.js';
import { Pace } from '../scrub/scrub.js';
import type { Segment } from '../segment/segment.js';
import type { SegmentLog } from '../segment-log.js';
import type { Topic } from '../topics/topic.js';
import type { UpkeepPolicy } from './upkeep-policy.js';

/** Told of what was done. */
export interface UpkeepObserver {
  readonly onRemoved?: (topic: string, bytes: number) => void;
  /** Bytes that a topic has less because earlier records of a key were removed. */
  readonly onCompacted?: (topic: string, bytes: number) => void;
  /** A partition was left as it is: something of it cannot be read. */
  readonly onSkipped?: (topic: string, partition: number, error: DamagedLog) => void;
}

/** What is kept for how long, how fast the rest is removed, and who is told of it. */
export interface UpkeepOptions extends UpkeepObserver {
  readonly policyOf: (topic: Topic) => UpkeepPolicy;
  /** Between the end of one round through all partitions and the beginning of the next. */
  readonly intervalMs: number;
  /** A compacted segment is ended at this size, so that it can be compacted. */
  readonly compactedSegmentBytes: number;
  /** Compaction reads so much, and writes at most as much, each second. */
  readonly compactBytesPerSecond: number;
  /** Keys that compaction knows at once. */
  readonly maxKeys: number;
  /** ms since 1970. */
  readonly now: () => number;
  /** The disk did not do as asked. */
  readonly onFatal: (error: unknown) => void;
}

/** Which old records go, and when a segment is ended so that they can. */
interface Expiry extends Retention {
  readonly segmentMs: number;
}

/**
 * Removes records that are not kept any longer, and those that later ones have replaced, in the
 * background. What appends have to wait for is small, and done between two rounds of commits. Both go
 * on side by side: a long compaction must not keep a disk full.
 */
export class Upkeep {
  private readonly stopping = new AbortController();
  private readonly compaction: Compaction;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: SegmentLog,
    private readonly options: UpkeepOptions,
  ) {
    this.compaction = new Compaction(options.maxKeys, (...copied) => log.replaceSegment(...copied));
  }

  start(): void {
    const both = [this.repeat('delete'), this.repeat('compact')];
    this.running = Promise.all(both).then(() => undefined);
  }

  /** Resolves when nothing is done any more; then the log may be closed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Goes once through all partitions. */
  async round(): Promise<void> {
    await this.roundOf('delete');
    await this.roundOf('compact');
  }

  private async roundOf(kind: 'delete' | 'compact'): Promise<void> {
    for (const topic of this.log.topics()) {
      const policy = this.options.policyOf(topic);
      const work = this.workOf(kind, topic.name, policy);
      if (work === undefined) continue;
      for (const partition of topic.partitions) {
        if (this.stopping.signal.aborted) return;
        try {
          await work(partition);
        } catch (error) {
          // Its topic was deleted meanwhile, with its files.
          if (!partition.isOpen) continue;
          // The next round may find descriptors again.
          if (isOutOfDescriptors(error)) continue;
          if (!(error instanceof DamagedLog)) throw error;
          this.options.onSkipped?.(topic.name, partition.number, error);
        }
      }
    }
  }

  private async repeat(kind: 'delete' | 'compact'): Promise<void> {
    const { signal } = this.stopping;
    try {
      while (!signal.aborted) {
        await this.roundOf(kind);
        // eslint-disable-next-line no-restricted-syntax -- a rest between two rounds, not a retry
        await sleep(this.options.intervalMs, undefined, { signal, ref: false });
      }
    } catch (error) {
      // A wait that was ended by `stop`.
      if (!signal.aborted) this.options.onFatal(error);
    }
  }

  /** What a round of that kind does with each partition of a topic; undefined: nothing. */
  private workOf(
    kind: 'delete' | 'compact',
    topic: string,
    policy: UpkeepPolicy,
  ): ((partition: Partition) => Promise<void>) | undefined {
    if (kind === 'delete') {
      const expiry = expiryOf(policy);
      return expiry && ((partition) => this.removeExpired(topic, partition, expiry));
    }
    return policy.kind === 'compact'
      ? (partition) => this.compact(topic, partition, policy)
      : undefined;
  }

  private async removeExpired(topic: string, partition: Partition, policy: Expiry): Promise<void> {
    if (policy.ms === undefined && policy.bytes === undefined) return;
    await this.endOldSegment(partition, policy);
    const segments = partition.allSegments();
    const expired = segments.slice(0, expiredSegments(segments, policy, this.options.now()));
    for (const { endOffset, size } of expired) {
      const outcome = await this.log.deleteRecordsBefore(partition, endOffset);
      // The topic is gone, or there is no room to write down where it begins: the next round sees.
      if (outcome !== 'deleted') return;
      this.options.onRemoved?.(topic, size);
    }
  }

  private async compact(
    topic: string,
    partition: Partition,
    policy: UpkeepPolicy & { readonly kind: 'compact' },
  ): Promise<void> {
    const active = partition.allSegments().at(-1);
    if (active === undefined) return;
    const { segmentMs, deleteRetentionMs, minLagMs = 0, maxLagMs = Infinity, dirtyShare } = policy;
    const isLarge = active.size >= this.options.compactedSegmentBytes;
    if (isLarge || (await this.isOld(partition, active, Math.min(segmentMs, maxLagMs)))) {
      await this.log.endSegment(partition);
    }
    const nowMs = this.options.now();
    const settledBeforeMs = minLagMs === 0 ? Infinity : nowMs - minLagMs;
    const rules = { settledBeforeMs, dirtyShare };
    const [oldest] = maxLagMs === Infinity ? [] : this.compaction.dirty(partition, rules);
    const isOverdue = oldest !== undefined && (await this.isOld(partition, oldest, maxLagMs));
    if (!isOverdue && !this.compaction.isDue(partition, rules)) return;
    const pace = new Pace(this.options.compactBytesPerSecond, this.stopping.signal);
    const before = nowMs - deleteRetentionMs;
    const { removedBytes } = await this.compaction.pass(partition, before, rules, pace);
    if (removedBytes > 0) this.options.onCompacted?.(topic, removedBytes);
  }

  /** The segment that is being written can only go once another one follows it. */
  private async endOldSegment(partition: Partition, policy: Expiry): Promise<void> {
    const active = partition.allSegments().at(-1);
    if (active === undefined || active.size === 0) return;
    const isOver =
      isTooOld(active.maxTimestampMs ?? Infinity, policy, this.options.now()) ||
      (await this.isOld(partition, active, policy.segmentMs));
    if (isOver) await this.log.endSegment(partition);
  }

  /** Whether the first record of a segment is older than that. */
  private async isOld(partition: Partition, segment: Segment, ms: number): Promise<boolean> {
    const first = await segment.firstAtOrAfter(0, partition.damagedIn(segment));
    return first !== undefined && first.timestampMs < this.options.now() - ms;
  }
}

function expiryOf(policy: UpkeepPolicy): Expiry | undefined {
  switch (policy.kind) {
    case 'keep':
      return undefined;
    case 'delete':
      return policy;
    case 'compact':
      return policy.retention && { segmentMs: policy.segmentMs, ...policy.retention };
  }
}
