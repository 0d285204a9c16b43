import type { DeadCause } from '@tally/contracts';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { OpenDeadEvents } from './dead-events/dead-event-census.js';

/** Letters that wait for one shard. */
export interface WaitingLetters {
  readonly shard: number;
  readonly letters: number;
  /** When the first of them was appended, ms since 1970. */
  readonly oldestMs: number;
}

export interface ReplayerMetrics {
  readonly delivered: Counter<'shard'>;
  readonly unreadable: Counter;
  readonly settled: Counter<'settlement' | 'cause'>;
  readonly deletedDeadEvents: Counter<'cause' | 'state'>;
}

/** @param waiting Asked whenever the metrics are. */
export function replayerMetrics(
  registry: Registry,
  waiting: () => readonly WaitingLetters[],
): ReplayerMetrics {
  const registers = [registry];
  new Gauge({
    name: 'tally_dead_letters_waiting',
    help: 'Dead letters that wait for their shard; the leader of the replayers knows them.',
    labelNames: ['shard'],
    registers,
    collect() {
      this.reset();
      for (const { shard, letters } of waiting()) this.set({ shard: String(shard) }, letters);
    },
  });
  new Gauge({
    name: 'tally_dead_letters_oldest_seconds',
    help: 'Age of the oldest dead letter that waits for its shard: alarm when it grows while the shard answers.',
    labelNames: ['shard'],
    registers,
    collect() {
      this.reset();
      for (const { shard, oldestMs } of waiting())
        this.set({ shard: String(shard) }, Math.max(0, Date.now() - oldestMs) / 1000);
    },
  });
  return {
    delivered: new Counter({
      name: 'tally_dead_letters_delivered_total',
      help: 'Dead letters of which the shard has everything now.',
      labelNames: ['shard'],
      registers,
    }),
    settled: new Counter({
      name: 'tally_dead_events_settled_total',
      help: 'Dead events that people had counted or discarded, by cause.',
      labelNames: ['settlement', 'cause'],
      registers,
    }),
    deletedDeadEvents: new Counter({
      name: 'tally_dead_events_deleted_total',
      help: 'Dead events that were deleted for their age, by cause and by what had become of them: alarm when state="open" grows, nobody had decided about those.',
      labelNames: ['cause', 'state'],
      registers,
    }),
    unreadable: new Counter({
      name: 'tally_dead_letters_unreadable_total',
      help: 'Dead letters that cannot be counted and stay where they are: alarm above 0.',
      registers,
    }),
  };
}

/** @param open Asked whenever the metrics are. */
export function registerDeadEventMetrics(
  registry: Registry,
  open: () => ReadonlyMap<DeadCause, OpenDeadEvents>,
): void {
  const registers = [registry];
  new Gauge({
    name: 'tally_dead_events_open',
    help: 'Dead events that wait to be counted or discarded, by cause, as the leader of the replayers found them within TALLY_DEAD_EVENT_LOOK_MS.',
    labelNames: ['cause'],
    registers,
    collect() {
      this.reset();
      for (const [cause, { events }] of open()) this.set({ cause }, events);
    },
  });
  new Gauge({
    name: 'tally_dead_events_oldest_open_seconds',
    help: 'Age of the oldest dead event that waits to be counted or discarded, by cause: alarm from three quarters of TALLY_DEAD_EVENT_KEEP_MS on, as it is deleted then.',
    labelNames: ['cause'],
    registers,
    collect() {
      this.reset();
      for (const [cause, { oldestMs }] of open())
        this.set({ cause }, Math.max(0, Date.now() - oldestMs) / 1000);
    },
  });
}
