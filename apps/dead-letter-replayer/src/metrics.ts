import { Counter, Gauge, type Registry } from 'prom-client';

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
    unreadable: new Counter({
      name: 'tally_dead_letters_unreadable_total',
      help: 'Dead letters that cannot be counted and stay where they are: alarm above 0.',
      registers,
    }),
  };
}
