import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MINUTE_MS } from '@tally/contracts';
import { ShardMap, type EventsTopic } from '@tally/placement';
import { eventually } from '@tally/testing';
import { FakeShards } from './support/fake-shards.js';
import { ProcessorFixture, type RunningProcessor } from './support/processor-fixture.js';

jest.setTimeout(120_000);

const LASTS = { timeoutMs: 60_000 };
const MAP = ShardMap.even(2);
const SUBJECT = 'video-1';
const generations = (outcome: string) => `tally_processor_generations_total{outcome="${outcome}"}`;

describe('a processor that keeps generations of its dedup windows', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tally-window-generations-'));
  const fixture = new ProcessorFixture();
  const shards = new FakeShards(MAP.shards.length, 1);
  let topic: EventsTopic;
  let takeAway: () => Promise<void>;
  let processor: RunningProcessor | undefined;
  let sent = 0;

  beforeAll(async () => {
    await fixture.start();
    shards.epoch = 1;
    await fixture.nameShardMap({ ...MAP.document, epoch: 1 });
    takeAway = await fixture.serve(shards);
    topic = await fixture.nameTopic(1, MINUTE_MS);
  });
  afterEach(async () => {
    await processor?.stop();
    processor = undefined;
  });
  afterAll(async () => {
    await takeAway();
    await fixture.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const start = async () => (processor = await fixture.processor({ TALLY_SNAPSHOT_DIR: dir }));
  const append = (ids: readonly number[]) =>
    fixture.append(
      topic,
      ids.map((id) => ({ id: `e${id}`, subject: SUBJECT })),
    );
  const appendNew = () => append([sent++, sent++, sent++]);
  const appendAllAgain = () => append(Array.from({ length: sent }, (_, id) => id));
  const untilCounted = () =>
    eventually(
      `${sent} events are counted`,
      () => {
        expect(shards.counts()).toEqual({ [SUBJECT]: sent });
        return true;
      },
      LASTS,
    );

  it('knows after a start what it knew before, from files', async () => {
    const first = await start();
    await eventually(
      'two generations are kept',
      async () => {
        await appendNew();
        return (await first.metric(generations('written'))) > 1;
      },
      LASTS,
    );
    await untilCounted();
    await first.stop();
    const second = await start();
    await eventually(
      'they are told again',
      async () => (await second.metric(generations('recalled'))) > 1,
      LASTS,
    );
    await appendAllAgain();
    await appendNew();
    await untilCounted();
  });

  it('knows the same where files are damaged', async () => {
    for (const name of readdirSync(dir)) writeFileSync(join(dir, name), 'anything');
    const third = await start();
    await eventually(
      'a file was looked at',
      async () => (await third.metric(generations('damaged'))) > 0,
      LASTS,
    );
    await appendAllAgain();
    await appendNew();
    await untilCounted();
    expect(await third.metric(generations('recalled'))).toBe(0);
  });
});
