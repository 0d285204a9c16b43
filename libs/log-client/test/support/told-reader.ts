import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Logger } from '@tally/service-kit';
import { eventually } from '@tally/testing';
import { GroupReader, type Assignment, type GroupReaderOptions } from '../../src/group-reader.js';
import type { KafkaConfig } from '../../src/kafka.js';

export const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;

/** A reader of all its partitions from the beginning, and what it was told. */
export function toldReader(
  kafka: KafkaConfig,
  topic: string,
  more: Partial<GroupReaderOptions> = {},
) {
  const seen = {
    assignments: [] as Assignment[],
    values: [] as string[],
    traces: new Set<string>(),
    skips: [] as string[],
    damaged: [] as string[],
    restarts: 0,
    givenUp: [] as unknown[],
  };
  const group = new GroupReader({
    kafka,
    logger: SILENT,
    groupId: `group-${randomBytes(8).toString('hex')}`,
    topic,
    sessionTimeoutMs: 3000,
    maxWaitMs: 50,
    minBytes: 1,
    maxBytesPerPartition: 1 << 20,
    onAssigned: (assignment) => {
      seen.assignments.push(assignment);
      // Where it was, as those do who keep their own positions.
      for (const partition of assignment.partitions) {
        const read = seen.values.filter((value) => value.startsWith(`${partition}/`));
        assignment.readFrom(partition, BigInt(read.length));
      }
    },
    onRecords: async (_, partition, records) => {
      for (const { offset, value, traceparent, timestampMs } of records) {
        seen.values.push(`${partition}/${offset} ${String(value)}`);
        seen.traces.add(traceparent);
        expect(Math.abs(Date.now() - timestampMs)).toBeLessThan(60_000);
      }
    },
    onSkipped: (_, partition, expected, got) =>
      void seen.skips.push(`${partition}: ${expected} ${got}`),
    onDamaged: (_, partition, offset) => void seen.damaged.push(`${partition}: ${offset}`),
    onRestart: () => void (seen.restarts += 1),
    onGivenUp: (error) => void seen.givenUp.push(error),
    ...more,
  });
  const start = async () => {
    await group.start();
    await eventually('partitions are assigned', () => seen.assignments.length > 0);
  };
  const assignment = () => {
    const last = seen.assignments.at(-1);
    if (last === undefined) throw new Error('nothing was assigned');
    return last;
  };
  return { group, seen, assignment, start };
}
