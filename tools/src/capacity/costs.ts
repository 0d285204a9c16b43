/**
 * What things cost, as measured: docs/benchmarks.md, tables of CPU by service (two cores, AMD EPYC
 * 2.6 GHz, Node 20). A batch of 1000 shows what an event costs, one of 1 what a request costs besides.
 */
export interface ServiceCost {
  readonly name: string;
  /** µs of CPU for each event, and for each request that brings some. */
  readonly eventUs: number;
  readonly requestUs: number;
  /** Of one that is busy, resident, in MiB; what it keeps for the dedup window comes on top. */
  readonly memoryMiB: number;
  /** So many of them can share the work; undefined: as many as there are. */
  readonly most?: { readonly instances: number; readonly why: string };
}

export const SERVICES: readonly ServiceCost[] = [
  { name: 'gateway', eventUs: 1.8, requestUs: 102, memoryMiB: 220 },
  { name: 'partitioner', eventUs: 0.8, requestUs: 43, memoryMiB: 220 },
  {
    name: 'partition-log',
    eventUs: 1,
    requestUs: 59,
    memoryMiB: 220,
    most: { instances: 1, why: 'one node has all partitions; for more, take Apache Kafka' },
  },
  { name: 'processor', eventUs: 2.2, requestUs: 16, memoryMiB: 300 },
  { name: 'cluster-proxy', eventUs: 0.3, requestUs: 5, memoryMiB: 220 },
];

/** For each shard: its proxy and its Postgres together with their share of each event. */
export const SHARD = {
  proxy: { eventUs: 0.8, requestUs: 10, memoryMiB: 220 },
  postgres: { eventUs: 2, requestUs: 4, memoryMiB: 1024 },
  /** Of one window of one series, its index included: table and index of a stack that was in use. */
  rowBytes: 185,
  /** Of one Postgres whose disk and backups are still easy to live with. */
  mostBytes: 500 * 2 ** 30,
  /** Connections of one shard-proxy to its Postgres. */
  connections: 10,
} as const;

/** What is there once or twice whatever the load is, in cores and MiB. */
export const BESIDES: readonly {
  readonly name: string;
  readonly instances: number;
  readonly cores: number;
  readonly memoryMiB: number;
}[] = [
  { name: 'query', instances: 2, cores: 0.25, memoryMiB: 220 },
  {
    name: 'console, rollup, auditor, dead-letter-replayer',
    instances: 4,
    cores: 0.05,
    memoryMiB: 120,
  },
  { name: 'ZooKeeper', instances: 3, cores: 0.05, memoryMiB: 256 },
  { name: 'Redis', instances: 1, cores: 0.02, memoryMiB: 64 },
];

/** Bytes of an event: encoded, with its place in a block and in a batch of the log. */
export const LOG_EVENT_BYTES = 62;
/** What a processor keeps of each event of the dedup window. */
export const DEDUP_EVENT_BYTES = 40;
/** On disk for each event of GENERATION_WINDOWS, where generations of dedup windows are kept (ADR 30). */
export const GENERATION_EVENT_BYTES = 18;
/** Files of older ones are deleted. */
export const GENERATION_WINDOWS = 2;
/**
 * Bytes of a record of the catalogue with three short fields, in the log and in each copy of it: ADR 33.
 * Nothing of it goes.
 */
export const CATALOG_RECORD_BYTES = 300;
/** Requests to ZooKeeper by each process: its session every few seconds, its watches when one comes or goes. */
export const ZOOKEEPER_OPERATIONS_PER_PROCESS = 0.5;
