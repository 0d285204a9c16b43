import {
  BESIDES,
  CATALOG_RECORD_BYTES,
  DEDUP_EVENT_BYTES,
  GENERATION_EVENT_BYTES,
  GENERATION_WINDOWS,
  LOG_EVENT_BYTES,
  SERVICES,
  SHARD,
  ZOOKEEPER_OPERATIONS_PER_PROCESS,
  type ServiceCost,
} from './costs.js';

/** What is to be carried. */
export interface Load {
  /** Events per second in the busiest minute. */
  readonly eventsPerSecond: number;
  /** Events of one request. */
  readonly batch: number;
  /** Bytes of one event as it is sent, JSON. */
  readonly eventBytes: number;
  /** Series that get an event within one minute: each is a row of that minute. */
  readonly activeSeries: number;
  /** Days for which windows of minutes are kept. */
  readonly retentionDays: number;
  /** Days for which the log is kept. */
  readonly logDays: number;
  /** The dedup window, in s. */
  readonly dedupSeconds: number;
  /** Entries that are put into the catalogue, all that ever were. */
  readonly catalogRecords: number;
  /** What of a core may be in use at the peak, 0 to 1. */
  readonly utilisation: number;
}

/** One kind of process. */
export interface Part {
  readonly name: string;
  readonly instances: number;
  /** In use by all of them at the peak. */
  readonly cores: number;
  /** Of all of them. */
  readonly memoryMiB: number;
}

/** What it takes. */
export interface Sheet {
  readonly parts: readonly Part[];
  readonly shards: number;
  readonly partitions: number;
  /** Bytes on disk: of the log, and of all shards. */
  readonly logBytes: number;
  readonly storeBytes: number;
  /** Bytes in the folder or bucket of the generations of dedup windows, of all processors. */
  readonly generationBytes: number;
  /** Bytes of the catalogue in the log, and again with each processor and dead-letter-replayer. */
  readonly catalogBytes: number;
  /** Mbit/s at the peak: from clients, to and from the log, to the shards. */
  readonly network: { readonly clients: number; readonly log: number; readonly shards: number };
  readonly zookeeperOperations: number;
  readonly postgresConnections: number;
  /** What does not go, in sentences. */
  readonly limits: readonly string[];
}

/** Nothing is there once alone. */
const LEAST_INSTANCES = 2;
/** Each processor has some partitions, so that they can be spread evenly. */
const PARTITIONS_PER_PROCESSOR = 4;
const LEAST_PARTITIONS = 16;
const DAY_S = 86_400;
const MINUTES_PER_DAY = 1440;
/** An average day has so much of what the busiest minute would make of it. */
const MEAN_OF_PEAK = 0.5;
/** A delta is made about once a second for each series that had events. */
const DELTAS_PER_ROW = 60;
const DELTA_BYTES = 60;

/**
 * How many of what a load needs, by what each event and request costs in CPU. A process is one thread,
 * so it is counted as busy with `utilisation` of a core.
 */
export function sheetOf(load: Load): Sheet {
  const { eventsPerSecond, batch, utilisation, activeSeries, retentionDays } = load;
  const requests = eventsPerSecond / batch;
  const coresOf = ({ eventUs, requestUs }: Pick<ServiceCost, 'eventUs' | 'requestUs'>) =>
    (eventsPerSecond * eventUs + requests * requestUs) / 1e6;
  const limits: string[] = [];
  const parts = SERVICES.map((service): Part => {
    const cores = coresOf(service);
    const needed = instancesFor(cores, utilisation);
    const { instances = Math.max(LEAST_INSTANCES, needed), why = '' } = service.most ?? {};
    if (needed > instances)
      limits.push(
        `${service.name}: ${cores.toFixed(1)} cores at the peak, and ${instances} of it can use ${(instances * utilisation).toFixed(1)}: ${why}.`,
      );
    return { name: service.name, instances, cores, memoryMiB: instances * service.memoryMiB };
  });
  const rows = activeSeries * MINUTES_PER_DAY * retentionDays * MEAN_OF_PEAK;
  const storeBytes = rows * SHARD.rowBytes;
  const postgresCores = coresOf(SHARD.postgres);
  const shards = Math.max(
    LEAST_INSTANCES,
    Math.ceil(storeBytes / SHARD.mostBytes),
    instancesFor(postgresCores, utilisation),
  );
  const windowEvents = eventsPerSecond * load.dedupSeconds;
  const kept = windowEvents * DEDUP_EVENT_BYTES;
  const processors = parts.find(({ name }) => name === 'processor')?.instances ?? LEAST_INSTANCES;
  const all: Part[] = [
    ...parts.map((part) =>
      part.name === 'processor' ? { ...part, memoryMiB: part.memoryMiB + kept / 2 ** 20 } : part,
    ),
    {
      name: 'shard-proxy',
      instances: shards,
      cores: coresOf(SHARD.proxy),
      memoryMiB: shards * SHARD.proxy.memoryMiB,
    },
    {
      name: 'Postgres',
      instances: shards,
      cores: postgresCores,
      memoryMiB: shards * SHARD.postgres.memoryMiB,
    },
    ...BESIDES.map(({ name, instances, cores, memoryMiB }) => ({
      name,
      instances,
      cores: instances * cores,
      memoryMiB: instances * memoryMiB,
    })),
  ];
  const mbits = (bytesPerSecond: number) => (bytesPerSecond * 8) / 1e6;
  const logBytesPerSecond = eventsPerSecond * LOG_EVENT_BYTES;
  const processes = all.reduce((sum, { instances }) => sum + instances, 0);
  return {
    parts: all,
    shards,
    partitions: Math.max(LEAST_PARTITIONS, processors * PARTITIONS_PER_PROCESSOR),
    logBytes: logBytesPerSecond * DAY_S * load.logDays * MEAN_OF_PEAK,
    storeBytes,
    generationBytes: GENERATION_WINDOWS * windowEvents * GENERATION_EVENT_BYTES,
    catalogBytes: load.catalogRecords * CATALOG_RECORD_BYTES,
    network: {
      clients: mbits(eventsPerSecond * load.eventBytes),
      log: mbits(2 * logBytesPerSecond),
      shards: mbits(
        (activeSeries / 60) *
          Math.min(DELTAS_PER_ROW, (eventsPerSecond * 60) / activeSeries) *
          DELTA_BYTES,
      ),
    },
    zookeeperOperations: processes * ZOOKEEPER_OPERATIONS_PER_PROCESS,
    postgresConnections: SHARD.connections,
    limits,
  };
}

/** A quotient that is whole but for the rounding of doubles is whole. */
function instancesFor(cores: number, utilisation: number): number {
  return Math.ceil(cores / utilisation - 1e-9);
}
