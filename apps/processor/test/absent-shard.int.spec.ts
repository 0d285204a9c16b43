import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SECOND_MS } from '@tally/contracts';
import { seriesId, ShardMap, slotOf, type EventsTopic } from '@tally/placement';
import { eventually } from '@tally/testing';
import { ProcessorFixture, type RunningProcessor } from './support/processor-fixture.js';
import { RealShards } from './support/real-shards.js';

// Databases start as fast as the machine lets them.
jest.setTimeout(120_000);

const MAP = ShardMap.even(2);
const LASTS = { timeoutMs: 60_000 };
const ABSENT = 'tally_processor_absent_shards';
const FLUSHES = 'tally_processor_flushes_total';
/** A machine that is busy answers within this. */
const PATIENCE = { TALLY_SHARD_DEADLINE_MS: '2000', TALLY_SHARD_PATIENCE_MS: '6000' };
const DIMENSIONS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** A subject of that shard that begins like this. */
function subjectOf(shard: number, prefix: string, type = 'view'): string {
  for (let number = 0; ; number++) {
    const subject = `${prefix}-${number}`;
    if (MAP.shardOf(slotOf(seriesId('default', type, subject))) === shard) return subject;
  }
}

/** Texts whose characters take one byte each in the log and six in JSON; those of each number differ. */
function longAttributes(number: number): Record<string, string> {
  const controls = number.toString(2).replaceAll('0', '\u0001').replaceAll('1', '\u0002');
  const value = controls.padStart(256, '\u001f');
  return Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, value]));
}

describe('a processor of two shards', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tally-absent-shard-'));
  const fixture = new ProcessorFixture();
  let shards: RealShards;
  let topic: EventsTopic;
  let processor: RunningProcessor | undefined;

  beforeAll(async () => {
    await fixture.start(false);
    const { zookeeperAddress: zookeeper, broker } = fixture;
    shards = await RealShards.start(dir, { zookeeper, broker }, 2);
    topic = await fixture.nameTopic(3);
  }, 180_000);
  afterAll(async () => {
    await shards?.stop();
    await fixture.stop();
    rmSync(dir, { recursive: true, force: true });
  }, 60_000);
  afterEach(async () => {
    await processor?.stop();
    processor = undefined;
  });

  const append = (count: number, prefix: string, subject: string) =>
    fixture.append(
      topic,
      Array.from({ length: count }, (_, number) => ({ id: `${prefix}-${number}`, subject })),
    );
  const untilCounted = (shard: number, counts: Record<string, number>) =>
    eventually(
      `counts of shard ${shard} are ${JSON.stringify(counts)}`,
      async () => {
        expect(await shards.counts(shard)).toMatchObject(counts);
        return true;
      },
      LASTS,
    );
  const untilAbsent = (running: RunningProcessor, count: number) =>
    eventually(
      `${count} shards are absent`,
      async () => (await running.metric(ABSENT)) === count,
      LASTS,
    );

  it('counts one while the other is down from its start on, and that one once when it comes', async () => {
    const [up, down] = [subjectOf(0, 'down'), subjectOf(1, 'down')];
    await shards.kill(1);
    await append(40, 'down-a', up);
    await append(50, 'down-b', down);
    processor = await fixture.processor(PATIENCE);
    await untilCounted(0, { [up]: 40 });
    const { status, text } = await processor.ready();
    expect(status).toBe(200);
    expect(text).toContain('degraded');
    expect(text).toContain('1 of 2 shards do not take flushes');
    // More than what is being summed up already, for both of them.
    await append(10, 'down-c', up);
    await append(10, 'down-d', down);
    await untilCounted(0, { [up]: 50 });
    await shards.revive(1);
    await untilCounted(1, { [down]: 60 });
    await untilAbsent(processor, 0);
    await append(5, 'down-e', up);
    await append(5, 'down-f', down);
    await untilCounted(1, { [down]: 65 });
    await untilCounted(0, { [up]: 55 });
  });

  it('leaves one alone that answers what nobody foresaw, and counts it once later', async () => {
    const [even, odd] = [subjectOf(0, 'odd'), subjectOf(1, 'odd')];
    processor = await fixture.processor(PATIENCE);
    await append(10, 'odd-a', odd);
    await untilCounted(1, { [odd]: 10 });
    await shards.alter(
      1,
      `CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'something odd' USING ERRCODE = 'XX000'; END $$;
       CREATE TRIGGER odd BEFORE UPDATE ON coverage FOR EACH STATEMENT EXECUTE FUNCTION odd()`,
    );
    try {
      await append(20, 'odd-b', odd);
      await untilAbsent(processor, 1);
      await append(30, 'odd-c', even);
      await append(20, 'odd-d', odd);
      await untilCounted(0, { [even]: 30 });
      expect(await shards.counts(1)).toMatchObject({ [odd]: 10 });
      expect(await processor.metric(`${FLUSHES}{outcome="halt"}`)).toBeGreaterThan(0);
    } finally {
      await shards.alter(1, 'DROP TRIGGER odd ON coverage; DROP FUNCTION odd()');
    }
    await untilCounted(1, { [odd]: 50 });
    await untilAbsent(processor, 0);
    await append(5, 'odd-e', odd);
    await untilCounted(1, { [odd]: 55 });
  });

  it('sends names that no message holds in several flushes', async () => {
    // 12 KiB each: half as much again as a message.
    const events = 2000;
    const subject = subjectOf(1, 'long', 'long');
    await fixture.defineType({
      project: 'default',
      type: 'long',
      definition: { dimensions: DIMENSIONS, enriched: [], maxAgeMs: null, retention: 'ever' },
    });
    const version = 1;
    for (let first = 0; first < events; first += 100)
      await fixture.append(
        topic,
        Array.from({ length: 100 }, (_, index) => ({
          id: `long-${first + index}`,
          type: 'long',
          subject,
          attributes: longAttributes(first + index),
        })),
        version,
      );
    // Flushes are cut by their size alone.
    processor = await fixture.processor({ TALLY_FLUSH_INTERVAL_MS: String(10 * SECOND_MS) });
    await untilCounted(1, { [subject]: events });
    expect(await shards.countsOfDimensions(1)).toEqual({ [subject]: events });
    expect(await processor.metric(`${FLUSHES}{outcome="too_large"}`)).toBe(0);
    expect(await processor.metric(`${FLUSHES}{outcome="applied"}`)).toBeGreaterThan(2);
  });
});
