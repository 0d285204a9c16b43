import { splitsIn } from './event-meaning.js';
import type { Occurrence } from './logged-events.js';
import type { SimulatedShard } from './simulated-shard.js';

/** What an answer is held to. */
export interface Truth {
  readonly partitions: number;
  readonly nowMs: number;
  /** Times are told from here. */
  readonly startMs: number;
  readonly events: ReadonlyMap<string, Occurrence>;
  /** Whether the shard must have this event once it is complete to behind it. */
  readonly isDue: (shard: number, id: string) => boolean;
}

/** What a shard says is complete to an instant has every event that the log took before it. */
export function wrongAnswer(
  shard: SimulatedShard,
  { partitions, nowMs, startMs, events, isDue }: Truth,
): string | undefined {
  const { counts, asOfMs } = shard.read(partitions);
  if (asOfMs === undefined) return undefined;
  if (asOfMs > nowMs) return `shard ${shard.shard} says that it is complete to a time to come`;
  const splits = splitsIn(counts);
  for (const [id, { appendMs, split, isPoison }] of events) {
    if (isPoison || appendMs >= asOfMs || !isDue(shard.shard, id)) continue;
    if (!counts.has(id) || splits.get(id) !== split)
      return `shard ${shard.shard} says that it is complete to ${asOfMs - startMs}, and lacks event ${id}, appended at ${appendMs - startMs}`;
  }
  return undefined;
}
