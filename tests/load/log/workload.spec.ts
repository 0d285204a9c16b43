import { describe, expect, it } from '@jest/globals';
import { produce, readBatchHeader, readRequestHeader, WireReader } from '@tally/kafka-wire';
import { checksumOf, RequestCycle, type Content, type Workload } from './workload.js';

const WORKLOAD: Workload = {
  name: 'four partitions, two in each request',
  topic: 'some',
  partitions: 4,
  partitionsPerRequest: 2,
  recordsPerBatch: 3,
  requests: 70,
  connections: 1,
  inFlight: 1,
};

describe('the requests of a workload', () => {
  it('hold what is expected to be read back', () => {
    const cycle = new RequestCycle(WORKLOAD);
    const found: Content[] = Array.from({ length: 4 }, () => ({ records: 0, checksum: 0 }));
    for (let index = 0; index < WORKLOAD.requests; index++) {
      // Behind the length of the frame.
      const reader = new WireReader(Buffer.concat(cycle.frame(index)).subarray(4));
      const { apiVersion } = readRequestHeader(reader);
      for (const { partitions } of produce.readRequest(reader, apiVersion).topics) {
        for (const { partition, records } of partitions) {
          const content = found[partition];
          if (content === undefined || records === null) throw new Error('not as it was asked for');
          content.records += readBatchHeader(records)?.recordCount ?? 0;
          content.checksum += checksumOf(records);
        }
      }
    }
    expect(cycle.content(WORKLOAD.requests)).toEqual(found);
    expect(found.map(({ records }) => records)).toEqual(Array(4).fill(105));
  });

  it('differ, so that one that is read in the place of another is noticed', () => {
    const cycle = new RequestCycle(WORKLOAD);
    const frames = Array.from({ length: 16 }, (_, index) => Buffer.concat(cycle.frame(index)));
    expect(new Set(frames.map(String)).size).toBe(frames.length);
  });
});
