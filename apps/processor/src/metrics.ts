import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface ProcessorMetrics {
  readonly events: Counter<'fate'>;
  readonly flushes: Counter<'outcome'>;
  readonly flushSeconds: Histogram;
  readonly restarts: Counter<'reason'>;
  readonly haltedPartitions: Gauge;
  readonly absentShards: Gauge;
  readonly letters: Counter<'shard' | 'outcome'>;
  readonly deadEvents: Counter<'cause'>;
  readonly waitingPartitions: Gauge;
  readonly outdatedPartitions: Gauge;
  readonly windowBytes: Gauge;
  readonly generations: Counter<'outcome'>;
  readonly assignedPartitions: Gauge;
  readonly catalogPosition: Gauge;
  readonly clockAhead: Gauge;
  readonly deletedRecords: Counter;
  readonly coveredOffset: Gauge<'shard' | 'partition'>;
}

export function processorMetrics(registry: Registry): ProcessorMetrics {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'tally_processor_events_total',
      help: 'Events read to be counted, by what became of them; those read again count again.',
      labelNames: ['fate'],
      registers,
    }),
    flushes: new Counter({
      name: 'tally_processor_flushes_total',
      help: 'What came of flushes: applied, already_applied, overlap, stale_epoch, too_large, retry, halt.',
      labelNames: ['outcome'],
      registers,
    }),
    flushSeconds: new Histogram({
      name: 'tally_processor_flush_seconds',
      help: 'Time until a shard confirmed a flush, with all tries.',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    restarts: new Counter({
      name: 'tally_processor_restarts_total',
      help: 'How often partitions were read again from what the shards have, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    haltedPartitions: new Gauge({
      name: 'tally_processor_halted_partitions',
      help: 'Partitions that are not read until a person has looked: alarm above 0.',
      registers,
    }),
    absentShards: new Gauge({
      name: 'tally_processor_absent_shards',
      help: 'Shards that nothing is counted for now, while the others are: alarm when it stays above 0.',
      registers,
    }),
    letters: new Counter({
      name: 'tally_processor_dead_letters_total',
      help: 'Dead letters for absent shards: written, or refused by the log, and then read again when the shard is back.',
      labelNames: ['shard', 'outcome'],
      registers,
    }),
    deadEvents: new Counter({
      name: 'tally_processor_dead_events_total',
      help: 'Events that are not counted and were kept beside the log, by cause: alarm when it grows.',
      labelNames: ['cause'],
      registers,
    }),
    outdatedPartitions: new Gauge({
      name: 'tally_processor_outdated_partitions',
      help: 'Partitions that wait for a processor that knows the schema of their events: alarm above 0.',
      registers,
    }),
    waitingPartitions: new Gauge({
      name: 'tally_processor_waiting_partitions',
      help: 'Partitions that are not read, because the dedup windows have all the memory that they may have: alarm when it stays above 0.',
      registers,
    }),
    windowBytes: new Gauge({
      name: 'tally_processor_window_bytes',
      help: 'Memory that the dedup windows of all assigned partitions need.',
      registers,
    }),
    generations: new Counter({
      name: 'tally_processor_generations_total',
      help: 'Generations of dedup windows, by what became of them: written, or recalled at a start; damaged, failed, or dropped because the disk is slow: the next start reads the log instead.',
      labelNames: ['outcome'],
      registers,
    }),
    assignedPartitions: new Gauge({
      name: 'tally_processor_assigned_partitions',
      help: 'Partitions that this processor counts.',
      registers,
    }),
    catalogPosition: new Gauge({
      name: 'tally_processor_catalog_position',
      help: 'How far the catalogue was read here: blocks that name a later position wait.',
      registers,
    }),
    clockAhead: new Gauge({
      name: 'tally_processor_clock_ahead_seconds',
      help: "By how much this machine's clock is ahead of the log's, past what it may be: alarm above 0.",
      registers,
    }),
    deletedRecords: new Counter({
      name: 'tally_processor_deleted_records_total',
      help: 'Records that were deleted from the log, as every shard had counted them long ago.',
      registers,
    }),
    coveredOffset: new Gauge({
      name: 'tally_processor_covered_offset',
      help: 'The first offset of a partition that a shard lacks, as it said last: the log holds what is behind the lowest.',
      labelNames: ['shard', 'partition'],
      registers,
    }),
  };
}
