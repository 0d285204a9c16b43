import { KafkaConnection } from '@tally/testing/kafka-connection';
import { percentile } from '../figures.js';
import { cpuOf, memoryOf, peakMemoryOf } from '../process-usage.js';
import { monotonicMicroseconds, type Interval } from '../profile.js';
import { append } from './append.js';
import { fetchAll } from './fetch.js';
import type { LogServer } from './log-server.js';
import { bytesOf, makeTopic, RequestCycle, type Content, type Workload } from './workload.js';

const MB = 1e6;
/** Of the requests, before the clock starts. */
const WARM_UP_SHARE = 0.1;

/** What one measurement showed of the log. */
export interface LogFigures {
  readonly name: string;
  readonly bytes: number;
  readonly records: number;
  readonly requests: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Memory of the log after each third, in bytes. */
  readonly memory: readonly number[];
  readonly peakBytes: number;
  readonly interval: Interval;
}

/**
 * Appends a workload to an own topic. Throws when the log did not wait for the disk, and when what
 * is read back is not what was sent.
 */
export async function measureAppends(log: LogServer, workload: Workload): Promise<LogFigures> {
  const cycle = new RequestCycle(workload);
  return connected(log, workload.connections, async (connections) => {
    const [first] = connections;
    if (first === undefined) throw new Error('no connection');
    await makeTopic(first, workload);
    const warm = Math.ceil(workload.requests * WARM_UP_SHARE);
    await append(connections, cycle, workload, { from: 0, to: warm });
    const syncs = await log.syncs();
    const figures = await clock(log, workload.name, async (sample) => {
      const latencies: number[] = [];
      const end = warm + workload.requests;
      for (let third = 0; third < 3; third++) {
        const from = warm + Math.round((workload.requests * third) / 3);
        const to = third === 2 ? end : warm + Math.round((workload.requests * (third + 1)) / 3);
        latencies.push(...(await append(connections, cycle, workload, { from, to })));
        sample();
      }
      const { requests, partitionsPerRequest, recordsPerBatch } = workload;
      const records = requests * partitionsPerRequest * recordsPerBatch;
      return { bytes: bytesOf(workload), records, latencies };
    });
    if ((await log.syncs()) <= syncs) throw new Error('the log did not wait for the disk once');
    const { content } = await fetchAll(connections, workload.topic, workload.partitions, true);
    assertSame(cycle.content(warm + workload.requests), content);
    return figures;
  });
}

/** Reads a topic that was just written, so that the log finds it in the page cache. */
export async function measureFetches(log: LogServer, workload: Workload): Promise<LogFigures> {
  const { topic, partitions } = workload;
  return connected(log, partitions, async (connections) => {
    await fetchAll(connections, topic, partitions, false);
    return clock(log, 'fetched from the page cache', async (sample) => {
      const rounds = [];
      for (let third = 0; third < 3; third++) {
        rounds.push(await fetchAll(connections, topic, partitions, false));
        sample();
      }
      const content = rounds.flatMap((round) => round.content);
      return {
        bytes: rounds.reduce((sum, { bytes }) => sum + bytes, 0),
        records: content.reduce((sum, { records }) => sum + records, 0),
        latencies: rounds.flatMap(({ latencies }) => latencies),
      };
    });
  });
}

interface Work {
  readonly bytes: number;
  readonly records: number;
  readonly latencies: readonly number[];
}

async function clock(
  { pid }: LogServer,
  name: string,
  work: (sample: () => void) => Promise<Work>,
): Promise<LogFigures> {
  const memory: number[] = [];
  const cpuBefore = cpuOf(pid);
  const from = monotonicMicroseconds();
  const { bytes, records, latencies } = await work(() => memory.push(memoryOf(pid)));
  const to = monotonicMicroseconds();
  return {
    name,
    bytes,
    records,
    memory,
    requests: latencies.length,
    seconds: (to - from) / 1e6,
    cpuSeconds: (cpuOf(pid) - cpuBefore) / 1e6,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    peakBytes: peakMemoryOf(pid),
    interval: { from, to },
  };
}

async function connected<T>(
  { port }: LogServer,
  count: number,
  use: (connections: readonly KafkaConnection[]) => Promise<T>,
): Promise<T> {
  const connections = await Promise.all(
    Array.from({ length: count }, () => KafkaConnection.open(port)),
  );
  try {
    return await use(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

function assertSame(expected: readonly Content[], found: readonly Content[]): void {
  for (const [partition, { records, checksum }] of expected.entries()) {
    const is = found[partition];
    if (is?.records !== records || is.checksum !== checksum) {
      throw new Error(
        `partition ${partition}: expected ${records} records with checksum ${checksum}, read ${is?.records} with ${is?.checksum}`,
      );
    }
  }
}

export function megabytesPerSecond({ bytes, seconds }: LogFigures): number {
  return bytes / MB / seconds;
}

/** What one core can do when it does nothing else. */
export function megabytesPerCpuSecond({ bytes, cpuSeconds }: LogFigures): number {
  return bytes / MB / cpuSeconds;
}
