import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { CURRENT_SCHEMA_ID, encodeBlockHeader, encodeDeltaRows } from '@tally/contracts';
import { seriesId, ShardMap, slotOf, type EventsTopic } from '@tally/placement';
import { eventually } from '@tally/testing';
import { Refusal } from '@tally/testing/stub-service';
import { FakeShards } from './support/fake-shards.js';
import { entryOf, ProcessorFixture, type RunningProcessor } from './support/processor-fixture.js';

const MAP = ShardMap.even(2);
const PARTITIONS = 3;

/** A subject of that shard. */
function subjectOf(shard: number): string {
  for (let number = 0; ; number++) {
    const subject = `video-${number}`;
    if (MAP.shardOf(slotOf(seriesId('default', 'view', subject))) === shard) return subject;
  }
}

const [left, right] = [subjectOf(0), subjectOf(1)];
// Groups form and servers start as fast as the machine lets them.
jest.setTimeout(60_000);

const HALTED = 'tally_processor_halted_partitions';

describe('a processor', () => {
  const fixture = new ProcessorFixture();
  let shards: FakeShards;
  let topic: EventsTopic;
  let processor: RunningProcessor | undefined;
  let takeAway: () => Promise<void>;

  let epoch = 0;

  const nameNextShardMap = async () => {
    epoch += 1;
    shards.epoch = epoch;
    await fixture.nameShardMap({ ...MAP.document, epoch });
  };

  beforeAll(async () => {
    await fixture.start();
  });
  afterAll(() => fixture.stop());

  beforeEach(async () => {
    shards = new FakeShards(MAP.shards.length, PARTITIONS);
    await nameNextShardMap();
    takeAway = await fixture.serve(shards);
    topic = await fixture.nameTopic(PARTITIONS);
  });
  afterEach(async () => {
    await processor?.stop();
    processor = undefined;
    await takeAway();
  });

  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    processor = await fixture.processor(environment);
    return processor;
  };
  const someEvents = (count: number, prefix: string, subject: string) =>
    Array.from({ length: count }, (_, number) => ({ id: `${prefix}-${number}`, subject }));
  const untilCounted = (counts: Record<string, number>) =>
    eventually(`counts are ${JSON.stringify(counts)}`, () => {
      expect(shards.counts()).toEqual(counts);
      return true;
    });

  it('counts what is in the log and what comes, each event once', async () => {
    await fixture.append(topic, [...someEvents(50, 'a', left), ...someEvents(30, 'b', right)]);
    await fixture.untilReady(await start());
    await untilCounted({ [left]: 50, [right]: 30 });
    await fixture.append(topic, [...someEvents(60, 'a', left), ...someEvents(1, 'c', right)]);
    await untilCounted({ [left]: 60, [right]: 31 });
  });

  it('tells up to when all is counted, also while nothing happens', async () => {
    await start({ TALLY_MAX_CLOCK_SKEW_MS: '0' });
    const startedMs = Date.now();
    await eventually('all partitions of both shards are complete to now', () =>
      [0, 1].every((shard) => (shards.shard(shard).read(PARTITIONS).asOfMs ?? 0) > startedMs),
    );
  });

  it('sends a flush again, as it was, until its outcome is known', async () => {
    const lost = () => {
      throw new Refusal('unavailable');
    };
    // Applied, and the answer lost.
    shards.once(0, (request) => {
      shards.applyNow(request);
      return lost();
    });
    shards.once(0, lost);
    await fixture.append(topic, someEvents(5, 'a', left));
    await start();
    await untilCounted({ [left]: 5 });
    await eventually('the outcome is known', () => shards.instead.get(0)?.length === 0);
    await fixture.append(topic, someEvents(6, 'b', left));
    await untilCounted({ [left]: 11 });
    const [first, second, third] = shards.requests.filter(({ shard }) => shard === 0);
    expect([second, third]).toEqual([first, first]);
  });

  it('reads again what it summed up when a shard has a part of it already', async () => {
    await fixture.append(topic, someEvents(40, 'a', left));
    const running = await start();
    await untilCounted({ [left]: 40 });
    shards.once(0, () => ({
      outcome: 'APPLY_OUTCOME_OVERLAP',
      uncovered: [],
      timelineId: 1,
      systemIdentifier: '1',
      startedAtMs: '1',
    }));
    await fixture.append(topic, someEvents(10, 'b', left));
    await untilCounted({ [left]: 50 });
    const restarts = await running.metric(
      'tally_processor_restarts_total{reason="the shards have other offsets"}',
    );
    expect(restarts).toBe(1);
  });

  it('counts again what a shard lost after it had confirmed it', async () => {
    await fixture.append(topic, someEvents(20, 'a', left));
    await start({ TALLY_VERIFY_INTERVAL_MS: '1000' });
    await untilCounted({ [left]: 20 });
    shards.shard(0).clear();
    await untilCounted({ [left]: 20 });
  });

  it('begins again under a new shard map', async () => {
    await fixture.append(topic, someEvents(9, 'a', left));
    await start();
    await untilCounted({ [left]: 9 });
    await nameNextShardMap();
    await fixture.append(topic, someEvents(10, 'b', right));
    await untilCounted({ [left]: 9, [right]: 10 });
    expect(shards.requests.at(-1)?.epoch).toBe(String(epoch));
  });

  it('loses nothing while a shard is held up and reading stops', async () => {
    const held: (() => void)[] = [];
    let isHeld = true;
    const { ApplyDelta } = shards.handlers;
    shards.handlers.ApplyDelta = async (request) => {
      if (isHeld && request.shard === 1) await new Promise<void>((go) => held.push(go));
      return ApplyDelta(request);
    };
    await takeAway();
    takeAway = await fixture.serve(shards);
    // A row for each subject: more than may wait.
    const subjects = Array.from({ length: 60 }, (_, number) => ({
      id: `${number}`,
      subject: `s${number}`,
    }));
    await fixture.append(topic, subjects.slice(0, 30));
    await start({
      TALLY_FLUSH_ROWS: '5',
      TALLY_SHARD_DEADLINE_MS: '60000',
      TALLY_SHARD_PATIENCE_MS: '200000',
    });
    await eventually('a flush is held', () => held.length > 0);
    await fixture.append(topic, subjects.slice(30));
    isHeld = false;
    for (const go of held) go();
    await eventually('all is counted', () => Object.keys(shards.counts()).length === 60);
    expect(new Set(Object.values(shards.counts()))).toEqual(new Set([1]));
  });

  it('waits where its dedup windows have all their memory, and forgets nothing', async () => {
    // Of 50 ids.
    const bounded = await start({ TALLY_MAX_WINDOW_BYTES: '2000' });
    await fixture.append(topic, someEvents(200, 'first', left));
    await fixture.append(topic, someEvents(200, 'second', left));
    await eventually('a partition waits for memory', async () => {
      return (await bounded.metric('tally_processor_waiting_partitions')) > 0;
    });
    expect(await bounded.metric('tally_processor_window_bytes')).toBeGreaterThanOrEqual(2000);
    await eventually('it is ready, and degraded', async () => {
      const { status, text } = await bounded.ready();
      expect(status).toBe(200);
      expect(text).toContain('degraded');
      expect(text).toContain('wait for memory for their dedup windows');
      return true;
    });
    await bounded.stop();
    await fixture.append(topic, someEvents(200, 'first', left));
    await start();
    await fixture.append(topic, someEvents(1, 'last', right));
    await untilCounted({ [left]: 400, [right]: 1 });
  });

  it('halts with an alarm where log and shards contradict each other, and counts the rest', async () => {
    shards.applyNow({
      shard: 0,
      epoch: String(epoch),
      ranges: [
        { partition: { topic: topic.name, partition: 0 }, ranges: [{ from: '0', to: '1000' }] },
      ],
      rows: encodeDeltaRows([]),
      seriesNames: Buffer.alloc(0),
      ledger: [],
      instants: [],
    });
    await fixture.append(topic, someEvents(90, 'a', right));
    const running = await start();
    await eventually('a partition is halted', async () => (await running.metric(HALTED)) === 1);
    await eventually('others are counted', () => (shards.counts()[right] ?? 0) > 0);
    await eventually('it says so', async () => {
      const { status, text } = await running.ready();
      return status === 503 && text.includes('a partition is halted');
    });
    const covered = shards.shard(1).covered([0, 1, 2]);
    expect([0, 1, 2].filter((partition) => (covered.get(partition)?.end ?? 0n) > 0n)).toEqual([
      1, 2,
    ]);
  });

  it('waits for the version of the event types that a block names', async () => {
    await fixture.append(topic, [{ id: 'x', subject: left, attributes: { country: 'PT' } }], 1);
    await start();
    await eventually('it was asked where to begin', () => shards.coverageAsked.size === 2);
    expect(shards.counts()).toEqual({});
    await fixture.defineType({
      project: 'default',
      type: 'view',
      definition: { dimensions: ['country'], enriched: [], maxAgeMs: null, retention: 'ever' },
    });
    await untilCounted({ [left]: 1, [`${left}{"country":"PT"}`]: 1 });
  });

  it('halts only the partition of a block that names a version that nobody made', async () => {
    await fixture.append(topic, [{ id: 'x', subject: left }], 4_000_000_000);
    await fixture.append(topic, someEvents(60, 'a', right));
    const running = await start({ TALLY_VERSION_WAIT_MS: '500' });
    await eventually('its partition is halted', async () => (await running.metric(HALTED)) === 1);
    await eventually('the others are counted', () => {
      const covered = shards.shard(1).covered([0, 1, 2]);
      return [...covered.values()].filter(({ end }) => end > 0n).length === 2;
    });
    expect(shards.counts()).not.toHaveProperty(left);
  });

  it('counts on behind an event that says it has 2^40 attributes', async () => {
    const endless = entryOf({ id: 'x', subject: left }, 0, Buffer.from('808080808040', 'hex'));
    const header = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 0, count: 1 };
    const value = Buffer.concat([encodeBlockHeader(header), endless]);
    await fixture.appendRecords(
      topic,
      [0, 1, 2].map((partition) => ({ partition, value })),
    );
    await fixture.append(topic, someEvents(30, 'a', right));
    const running = await start();
    await untilCounted({ [right]: 30 });
    expect(await running.metric('tally_processor_events_total{fate="dead"}')).toBe(3);
  });

  it('joins once there is a topic, and says until then what is missing', async () => {
    await fixture.unnameTopic();
    const running = await start();
    await eventually('it says so', async () => (await running.ready()).text.includes('no topic'));
    topic = await fixture.nameTopic(PARTITIONS);
    await fixture.append(topic, someEvents(3, 'a', left));
    await untilCounted({ [left]: 3 });
    await fixture.untilReady(running);
  });

  it('shares the partitions with another, and takes them over when that one goes', async () => {
    const first = await start();
    await fixture.untilReady(first);
    const second = await fixture.processor();
    const assigned = 'tally_processor_assigned_partitions';
    await eventually('both have some', async () => {
      const [one, other] = [await first.metric(assigned), await second.metric(assigned)];
      return one > 0 && other > 0 && one + other === PARTITIONS;
    });
    await fixture.append(topic, someEvents(40, 'a', left));
    await untilCounted({ [left]: 40 });
    await second.stop();
    await fixture.append(topic, someEvents(80, 'b', right));
    await untilCounted({ [left]: 40, [right]: 80 });
  });

  it('says that it is out of the group when the log is away, and is back when that is', async () => {
    const running = await start();
    await fixture.untilReady(running);
    await fixture.killLog();
    const isOut = async () => {
      const { status, text } = await running.ready();
      return status === 503 && text.includes('out of the group');
    };
    // Its client tries for some seconds before it gives up.
    await eventually('it says so', isOut, { timeoutMs: 40_000 });
    await fixture.reviveLog();
    await fixture.untilReady(running);
    await fixture.append(topic, someEvents(4, 'a', left));
    await untilCounted({ [left]: 4 });
  });

  it('drains in time when the log is away', async () => {
    const running = await start();
    await fixture.untilReady(running);
    await fixture.killLog();
    try {
      expect(await running.stop()).toBe('drained');
    } finally {
      await fixture.reviveLog();
    }
  });

  it('is ready, and degraded, while the cluster-proxy is away', async () => {
    const running = await start();
    await fixture.untilReady(running);
    await takeAway();
    await eventually('it is degraded', async () => {
      const { status, text } = await running.ready();
      return status === 200 && text.includes('degraded');
    });
    takeAway = await fixture.serve(shards);
  });
});
