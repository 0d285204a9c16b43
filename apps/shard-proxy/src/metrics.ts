import type pg from 'pg';
import { Gauge, type Registry } from 'prom-client';

export function registerPoolMetrics(registry: Registry, pool: pg.Pool): void {
  const connections = new Gauge({
    name: 'tally_postgres_pool_connections',
    help: 'Connections to the shard by state: busy or idle.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      connections.set({ state: 'idle' }, pool.idleCount);
    },
  });
  const waiting = new Gauge({
    name: 'tally_postgres_pool_waiting',
    help: 'Requests that wait for a connection to the shard.',
    registers: [registry],
    collect() {
      waiting.set(pool.waitingCount);
    },
  });
}
