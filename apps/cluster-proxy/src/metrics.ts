import { Counter, Gauge, type Registry } from 'prom-client';

export interface BreakerMetrics {
  readonly away: Gauge<'shard'>;
  readonly refused: Counter<'shard'>;
}

export function breakerMetrics(registry: Registry): BreakerMetrics {
  const registers = [registry];
  return {
    away: new Gauge({
      name: 'tally_cluster_proxy_shard_away',
      help: '1 while a shard does not answer and is probed, 0 when it has come back.',
      labelNames: ['shard'],
      registers,
    }),
    refused: new Counter({
      name: 'tally_cluster_proxy_reads_refused_total',
      help: 'Reads of a shard that failed at once, because it did not answer others before.',
      labelNames: ['shard'],
      registers,
    }),
  };
}
