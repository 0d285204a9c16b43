import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CURRENT_SCHEMA_ID, encodeBlockHeader, SECOND_MS } from '@tally/contracts';
import { seriesId, ShardMap, slotOf, type EventsTopic } from '@tally/placement';
import { eventually } from '@tally/testing';
import { entryOf, ProcessorFixture, type RunningProcessor } from './support/processor-fixture.js';
import { RealShards } from './support/real-shards.js';

// Databases start as fast as the machine lets them.
jest.setTimeout(120_000);

const LASTS = { timeoutMs: 60_000 };
const DEDUP_WINDOW_MS = 2 * SECOND_MS;
const KEEP_MS = 500;
const ENVIRONMENT = {
  TALLY_LOG_KEEP_MS: String(KEEP_MS),
  TALLY_VERIFY_INTERVAL_MS: '1000',
  TALLY_SHARD_DEADLINE_MS: '2000',
  TALLY_SHARD_PATIENCE_MS: '6000',
};
const DELETED = 'tally_processor_deleted_records_total';
const HALTED = 'tally_processor_halted_partitions';
const MAP = ShardMap.even(2);
const SUBJECTS = MAP.shards.map((shard) => {
  for (let number = 0; ; number++) {
    const subject = `video-${number}`;
    if (MAP.shardOf(slotOf(seriesId('default', 'view', subject))) === shard) return subject;
  }
});

/** A block of these events, of which each subject has one; it never expires, however long it takes. */
function blockOf(ids: readonly string[]): Buffer {
  const events = ids.flatMap((id) =>
    SUBJECTS.map((subject, shard) => entryOf({ id: `${id}-${shard}`, subject }, 0)),
  );
  const header = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 0, count: events.length };
  return Buffer.concat([encodeBlockHeader(header), ...events]);
}

describe('a log of which what is counted is let go', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tally-shortened-log-'));
  const fixture = new ProcessorFixture();
  let shards: RealShards;
  let topic: EventsTopic;
  let processor: RunningProcessor | undefined;
  /** Of each subject. */
  let sent = 0;

  beforeAll(async () => {
    await fixture.start(false, { TALLY_LOG_SEGMENT_BYTES: '4096' });
    shards = await RealShards.start(
      dir,
      { zookeeper: fixture.zookeeperAddress, broker: fixture.broker },
      2,
    );
    topic = await fixture.nameTopic(1, DEDUP_WINDOW_MS);
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

  const append = (value: Buffer) => fixture.appendRecords(topic, [{ partition: 0, value }]);
  const someEvents = () => {
    const ids = Array.from({ length: 20 }, () => `e${sent++}`);
    return blockOf(ids);
  };
  const kept = () => fixture.kept(topic, 0);
  /** Clients go on sending until then. */
  const sendingUntil = (what: string, isSo: () => Promise<boolean>) =>
    eventually(
      what,
      async () => {
        await append(someEvents());
        return isSo();
      },
      LASTS,
    );
  const untilCounted = (shard: number) =>
    eventually(
      `shard ${shard} has counted ${sent} events`,
      async () => {
        expect(await shards.counts(shard)).toEqual({ [SUBJECTS[shard] ?? '']: sent });
        return true;
      },
      LASTS,
    );

  it('loses whole files, and a processor that begins there knows what comes again', async () => {
    processor = await fixture.processor(ENVIRONMENT);
    const running = processor;
    let most = 0;
    await sendingUntil('files are gone', async () => {
      const { low, segments } = await kept();
      most = Math.max(most, segments);
      return low > 10n && segments < most;
    });
    await eventually(
      'what it told is what is gone',
      async () => (await running.metric(DELETED)) === Number((await kept()).low),
    );
    await running.stop();
    const twice = someEvents();
    await append(twice);
    await append(twice);
    processor = await fixture.processor(ENVIRONMENT);
    for (const shard of MAP.shards) await untilCounted(shard);
    expect(await processor.metric(HALTED)).toBe(0);
  });

  it('keeps what a shard lacks that is away for longer than anything is kept, until it has counted that', async () => {
    processor = await fixture.processor(ENVIRONMENT);
    for (const shard of MAP.shards) await untilCounted(shard);
    await shards.kill(1);
    const { high } = await kept();
    const killedAtMs = Date.now();
    const others = () => shards.counts(0);
    // So much append time has passed that all of it would have gone.
    await sendingUntil('it is away for long', async () => {
      return Date.now() - killedAtMs > KEEP_MS + 5 * DEDUP_WINDOW_MS;
    });
    await eventually(
      'the other has counted',
      async () => (await others())[SUBJECTS[0] ?? ''] === sent,
      LASTS,
    );
    expect((await kept()).low).toBeLessThan(high);
    const running = processor;
    const covered = (shard: number) =>
      running.metric(`tally_processor_covered_offset{shard="${shard}",partition="0"}`);
    await eventually('it is seen who lacks something', async () => {
      return (await covered(1)) <= Number(high) && (await covered(0)) > Number(high);
    });
    await shards.revive(1);
    await sendingUntil('it is let go then', async () => (await kept()).low > high);
    for (const shard of MAP.shards) await untilCounted(shard);
    expect(await processor.metric(HALTED)).toBe(0);
  });
});
