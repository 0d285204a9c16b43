import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CounterRows, type shardProxy } from '@tally/contracts';
import {
  AnswerEntries,
  attributeId,
  DDSketch,
  encodeDeltaEntry,
  HyperLogLog,
  readSketches,
} from '@tally/sketches';
import type pg from 'pg';
import { APPLY_DELTA } from '../src/delta/apply-delta.sql.js';
import { applyDelta, parseDelta, readCounters, type InSteps } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, everySlot, names, request, row, subjectId, TOPIC } from './support/requests.js';
import { mergedSketches, quantilesOf, sketchesOf, uniquesOf } from './support/sketches.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(() => postgres.owner.query('TRUNCATE minute_counters, coverage, series, sketches'));

/** How many steps the last answer took. */
let steps = 0;
const inSteps: InSteps = async (all) => {
  for (steps = 1; ; steps++) {
    const step = all.next();
    if (step.done === true) return step.value;
  }
};

async function read(more: Partial<shardProxy.ReadCountersRequest> = {}) {
  const question = {
    seriesIds: Buffer.concat([subjectId('b'), subjectId('a')]),
    fromMinute: '0',
    toMinute: '10000',
    granularity: 'GRANULARITY_HOUR' as const,
    maxRows: 0,
    topics: [{ topic: TOPIC, partitions: 1 }],
    uniqueAttribute: 'user',
    quantiles: true,
    ...more,
  };
  const answer = await readCounters(pool, question, everySlot, inSteps);
  const { rows, sketches } = answer;
  if (sketches === undefined) return undefined;
  const entries = new AnswerEntries(Buffer.from(sketches));
  const found = [...(CounterRows.of(Buffer.from(rows)) ?? [])].map(({ index, startMinute }) => {
    const { uniques, quantiles } = entries.next();
    const estimate = readSketches(new HyperLogLog(), uniques).estimate();
    const median = readSketches(new DDSketch(), quantiles).quantile(500);
    return `${index}@${startMinute}: ${estimate} different, median ${median}`;
  });
  expect(entries.isAtEnd).toBe(true);
  return found;
}

/** One flush: an event in each of these minutes of a subject, of this user, with this value. */
const flush = (offset: number, subject: string, minutes: readonly number[], user: string) => {
  const sketches = minutes.flatMap((minute, index) => [
    encodeDeltaEntry(index, attributeId('user'), uniquesOf(user).encode()),
    encodeDeltaEntry(index, attributeId('ip'), uniquesOf(`${minute}`).encode()),
    encodeDeltaEntry(index, undefined, quantilesOf(minute).encode()),
  ]);
  const rows = minutes.map((minute) => row(subject, minute));
  return applyDelta(
    pool,
    delta({ 0: [[offset, offset + 1]] }, rows, { sketches: Buffer.concat(sketches) }),
  );
};

describe('the sketches of an answer', () => {
  it('are merged by series and window out of what flushes brought', async () => {
    await flush(0, 'a', [1, 2, 61], 'ann');
    await flush(1, 'a', [1, 3], 'bob');
    await flush(2, 'b', [5], 'ann');
    expect(await read()).toEqual([
      '0@0: 1 different, median 5',
      '1@0: 2 different, median 1',
      '1@60: 1 different, median 61',
    ]);
    expect(await read({ granularity: 'GRANULARITY_TOTAL', fromMinute: '2' })).toEqual([
      '0@0: 1 different, median 5',
      '1@0: 2 different, median 3',
    ]);
    expect(await read({ uniqueAttribute: 'ip' })).toContain('1@0: 3 different, median 1');
    expect(await read({ uniqueAttribute: 'else', quantiles: false })).toContain(
      '1@0: 0 different, median undefined',
    );
    expect(await read({ uniqueAttribute: undefined, quantiles: false })).toBeUndefined();
    expect(await read({ fromMinute: '9000' })).toEqual([]);
  });

  it('are there once, whatever is told again, and not without their rows', async () => {
    const told = request({ 0: [[0, 1]] }, [row('a', 1)], {
      seriesNames: names('a'),
      sketches: sketchesOf('a'),
    });
    await applyDelta(pool, parseDelta(told, everySlot));
    const once = await mergedSketches(pool);
    expect(once.size).toBe(2);
    expect(await applyDelta(pool, parseDelta(told, everySlot))).toMatchObject({
      kind: 'already applied',
    });
    const more = request({ 0: [[0, 2]] }, [row('a', 1)], { sketches: sketchesOf('a') });
    expect(await applyDelta(pool, parseDelta(more, everySlot))).toMatchObject({ kind: 'overlap' });
    expect(await mergedSketches(pool)).toEqual(once);

    // Control: without the look at coverage they are there twice.
    const text = APPLY_DELTA.text.replace(
      /(AS data\) AS s\s+)WHERE \(SELECT outcome FROM verdict\) = 'applied'/,
      '$1',
    );
    expect(text).not.toBe(APPLY_DELTA.text);
    await applyDelta(pool, parseDelta(told, everySlot), { name: 'control', text });
    expect(await mergedSketches(pool)).not.toEqual(once);
  });

  it('are refused where they are none, or of no row', () => {
    const parse = (sketches: Buffer) =>
      parseDelta(request({ 0: [[0, 1]] }, [row('a', 1)], { sketches }), everySlot);
    const good = sketchesOf('a');
    expect(() => parse(good)).not.toThrow();
    for (const bad of [
      good.subarray(1),
      good.subarray(0, good.length - 1),
      Buffer.concat([good, Buffer.alloc(1)]),
      encodeDeltaEntry(1, undefined, quantilesOf(1).encode()),
      encodeDeltaEntry(0, 1n, quantilesOf(1).encode()),
    ])
      expect(() => parse(bad)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('are not answered when they are too large, before any is read', async () => {
    await flush(0, 'a', [1], 'ann');
    await postgres.owner.query(
      `INSERT INTO sketches SELECT $1, 1, 5, 0, $2, decode(repeat('00', 1 << 20), 'hex')
       FROM generate_series(1, 33)`,
      [subjectId('a').toString('hex'), String(attributeId('user'))],
    );
    await expect(read()).rejects.toMatchObject({ code: 'payload_too_large' });
    // Another attribute has few.
    expect(await read({ uniqueAttribute: 'ip' })).toEqual(['1@0: 1 different, median 1']);
    await postgres.owner.query('DELETE FROM sketches WHERE octet_length(data) > 1000');
    expect(await read()).toEqual(['1@0: 1 different, median 1']);
  }, 60_000);

  it('are merged in steps, also those of one window', async () => {
    await flush(0, 'a', [1], 'ann');
    await postgres.owner.query(
      `INSERT INTO sketches SELECT series, 2, retention, kind, attribute, data
       FROM sketches, generate_series(1, 100000) WHERE kind = 0`,
    );
    // More events than the window has: whoever asks for the number sees that by the counter.
    expect(await read({ granularity: 'GRANULARITY_TOTAL' })).toEqual([
      '1@0: 1 different, median 1',
    ]);
    expect(steps).toBeGreaterThan(15);
  }, 60_000);

  it('are in partitions by time, as minutes are', async () => {
    await flush(0, 'a', [1], 'ann');
    const { rows } = await pool.query<{ at: string }>(
      'SELECT DISTINCT tableoid::regclass::text AS at FROM sketches',
    );
    expect(rows).toEqual([{ at: 'sketches_ever_default' }]);
  });
});
