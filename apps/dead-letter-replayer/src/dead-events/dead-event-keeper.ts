import { HOUR_MS, type DeadCause } from '@tally/contracts';
import { RepeatedWork } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import type { ReplayerMetrics } from '../metrics.js';
import {
  DeadEventCensus,
  type DeadEventRetention,
  type OldDeadEvents,
  type OpenDeadEvents,
} from './dead-event-census.js';
import type { Place } from './dead-event-places.js';
import type { Installed } from './dead-event-reader.js';
import { keyOf, type DeadEventShards } from './dead-event-shards.js';
import { MAX_READ_BYTES, READ_BYTES, type DeadEventTopic } from './dead-event-topic.js';

/**
 * This clock is believed as long as the log, by its own, has something of the last hour; less this hour
 * it is no later than the log's. Less than an hour where dead events are kept for less.
 */
const MAX_CLOCK_MARGIN_MS = HOUR_MS;

export interface DeadEventKeeperOptions extends DeadEventRetention {
  readonly topic: DeadEventTopic;
  readonly shards: DeadEventShards;
  /** Undefined while this instance does not lead, or knows no topic. */
  readonly installed: () => Installed | undefined;
  readonly lookMs: number;
  readonly metrics: Pick<ReplayerMetrics, 'deletedDeadEvents'>;
  readonly logger: Logger;
}

/** A walk that a later look goes on with. */
interface Walk {
  readonly eventsTopic: string;
  readonly census: DeadEventCensus;
  readonly after: Place | undefined;
}

/**
 * As long as its replayer leads, looks at the dead events, says how many are open, and deletes old ones.
 * Two that do so at once delete the same.
 */
export class DeadEventKeeper {
  private readonly looking: RepeatedWork;
  private walk: Walk | undefined;
  private counted: ReadonlyMap<DeadCause, OpenDeadEvents> = new Map();

  constructor(private readonly options: DeadEventKeeperOptions) {
    this.looking = new RepeatedWork((signal) => this.look(signal), {
      pauseMs: options.lookMs,
      onFailure: (error) => options.logger.warn({ error }, 'dead events are looked at later'),
    });
  }

  /** As the last whole walk found it; nothing where another instance leads. */
  open(): ReadonlyMap<DeadCause, OpenDeadEvents> {
    return this.counted;
  }

  start(): void {
    this.looking.start();
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }

  /** One look: a whole walk, or the next part of one. TallyError: nothing was forgotten by it. */
  private async look(signal: AbortSignal): Promise<void> {
    const { topic, installed, keepMs, settledKeepMs } = this.options;
    const now = installed();
    if (now === undefined) {
      this.walk = undefined;
      this.counted = new Map();
      return;
    }
    const eventsTopic = now.topic.name;
    const { census, after }: Walk =
      this.walk?.eventsTopic === eventsTopic
        ? this.walk
        : {
            eventsTopic,
            census: new DeadEventCensus({ keepMs, settledKeepMs }),
            after: undefined,
          };
    this.walk = undefined;
    const nowMs = Date.now();
    const byMs = nowMs - Math.min(MAX_CLOCK_MARGIN_MS, keepMs, settledKeepMs);
    const clockMs = (await topic.hasEventsSince(eventsTopic, byMs)) ? byMs : undefined;
    let readBytes = 0;
    for await (const { records, end } of topic.read(eventsTopic, after)) {
      const { told, missing } = await this.options.shards.say(
        eventsTopic,
        now.rules.shardMap,
        records.map(({ partition, dead: { offset } }) => ({ partition, offset })),
      );
      // One that does not answer may have them open: the next look begins anew.
      if (missing.length > 0 || signal.aborted) return;
      for (const kept of records) {
        const { partition, dead } = kept;
        const key = keyOf({ partition, offset: dead.offset });
        census.take(kept, told.get(key) ?? [], clockMs);
      }
      for (const [partition, old] of census.takeOld()) await this.drop(now, partition, old);
      readBytes += READ_BYTES;
      if (readBytes < MAX_READ_BYTES) continue;
      this.walk = { eventsTopic, census, after: end };
      return;
    }
    this.counted = census.open;
  }

  private async drop(
    { topic: { name } }: Installed,
    partition: number,
    { before, events }: OldDeadEvents,
  ): Promise<void> {
    const { topic, metrics, logger } = this.options;
    await topic.drop(name, partition, before);
    const lost: Partial<Record<DeadCause, number>> = {};
    for (const { cause, state } of events) {
      metrics.deletedDeadEvents.inc({ cause, state });
      if (state === 'open') lost[cause] = (lost[cause] ?? 0) + 1;
    }
    if (Object.keys(lost).length > 0)
      logger.warn(
        { partition, before: String(before), open: lost },
        'ALARM: dead events were deleted that nobody had counted or discarded',
      );
    else
      logger.info(
        { partition, before: String(before), events: events.length },
        'old dead events were deleted',
      );
  }
}
