import { RECORD_BYTES, type Workload } from './workload.js';

/** Of a request that carries as much as clients send at once. */
const LARGE_REQUEST_RECORDS = 1000;
const BLOCKS_PER_BATCH = 64;
/** As many as the events topic has by default. */
const PARTITIONS = 16;

/** What is measured; each appends about so many MB. The first one is read again as well. */
export function workloads(megabytes: number): readonly Workload[] {
  const requests = (recordsPerRequest: number) =>
    Math.max(30, Math.round((megabytes * 1e6) / (recordsPerRequest * RECORD_BYTES)));
  return [
    {
      name: 'appended in requests of 1 MB',
      topic: 'large',
      partitions: 4,
      partitionsPerRequest: 1,
      recordsPerBatch: LARGE_REQUEST_RECORDS,
      requests: requests(LARGE_REQUEST_RECORDS),
      connections: 2,
      inFlight: 8,
    },
    {
      name: `blocks of 1 KB appended in batches of ${BLOCKS_PER_BATCH}`,
      topic: 'blocks',
      partitions: PARTITIONS,
      partitionsPerRequest: 1,
      recordsPerBatch: BLOCKS_PER_BATCH,
      requests: requests(BLOCKS_PER_BATCH),
      connections: 4,
      inFlight: 16,
    },
    {
      name: `single blocks of 1 KB for ${PARTITIONS} partitions in each request`,
      topic: 'small',
      partitions: PARTITIONS,
      partitionsPerRequest: PARTITIONS,
      recordsPerBatch: 1,
      // An eighth of the bytes: this is slow by the request, not by the byte.
      requests: Math.ceil(requests(PARTITIONS) / 8),
      connections: 2,
      inFlight: 4,
    },
  ];
}
