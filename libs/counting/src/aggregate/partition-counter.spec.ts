import { describe, expect, it } from '@jest/globals';
import { DEFAULT_EVENT_TYPE, expiryBounds, HOUR_MS } from '@tally/contracts';
import { seriesId, slotOf } from '@tally/placement';
import fc from 'fast-check';
import { OffsetSet } from '../coverage/offset-set.js';
import { readBlock, type BlockRecord } from './block-record.js';
import { PartitionCounter } from './partition-counter.js';
import { noFates } from './shard-delta.js';
import {
  countAll,
  event,
  newCounter,
  read,
  record,
  rules,
  shardMap,
  blockOf,
  takersOf,
  WINDOW_MS,
} from '../../test/support/counted-blocks.js';

describe('counting a partition', () => {
  it('counts an event once within the window of append time, and again after it', () => {
    const { counts, ledger, ranges } = countAll([
      record(0, 5000, [event('a'), event('a'), event('b')]),
      record(1, 6000, [event('a')]),
      record(2, 7001, [event('a', { time: 61_000 })]),
    ]);
    expect(counts).toEqual({ 'video-1@0': 2, 'video-1@1': 1 });
    expect(ledger).toEqual({
      counted: 3,
      duplicates: 2,
      conflicting: 0,
      tooLate: 0,
      dead: 0,
      expired: 0,
    });
    expect(ranges).toEqual([['0-3'], ['0-3']]);
  });

  it.each([
    ['later than it says', 5000, 4999],
    ['so early that its copies would not fit into the window', 5000, 5334],
  ])('counts nothing of a block that was appended %s, and remembers none of it', (_, at, until) => {
    const { counts, ledger, ranges } = countAll([
      record(0, at, [event('a'), event('b')], until),
      record(1, at, [event('a')], at),
    ]);
    expect(counts).toEqual({ 'video-1@0': 1 });
    expect(ledger).toEqual({
      counted: 1,
      duplicates: 0,
      conflicting: 0,
      tooLate: 0,
      dead: 0,
      expired: 2,
    });
    expect(ranges).toEqual([['0-2'], ['0-2']]);
  });

  it.each([
    ['value', { value: { unscaled: 2, scale: 0 } }],
    ['time', { time: 1 }],
    ['subject', { subject: 'video-2' }],
    ['attribute', { attributes: { country: 'NL' } }],
  ])('tells a copy from another event of the same id, by its %s', (_, other) => {
    const { counts, ledger } = countAll([
      record(0, 5000, [event('a'), event('a'), event('a', other)]),
      record(1, 5001, [event('a', other), event('a')]),
    ]);
    expect(counts).toEqual({ 'video-1@0': 1 });
    expect(ledger).toMatchObject({ counted: 1, duplicates: 2, conflicting: 2 });
  });

  it('takes an event that came without a time for a copy, whenever it came', () => {
    const { ledger } = countAll([
      record(0, 5000, [event('a', { time: 4000, timeAssigned: true })]),
      record(1, 5500, [event('a', { time: 5400, timeAssigned: true })]),
      record(2, 5501, [event('a', { time: 5400, timeAssigned: false })]),
    ]);
    expect(ledger).toMatchObject({ counted: 1, duplicates: 1, conflicting: 1 });
  });

  it('tells them apart also when the first was read back', () => {
    const { counter, deltas } = newCounter();
    counter.remember(record(0, 5000, [event('a'), event('b')]));
    counter.count(record(1, 5001, [event('a'), event('b', { time: 1 })]), takersOf(deltas));
    expect(read(deltas).ledger).toMatchObject({ counted: 0, duplicates: 1, conflicting: 1 });
  });

  it('remembers nothing of a void block that is read back', () => {
    const { counter, deltas } = newCounter();
    counter.remember(record(0, 5000, [event('a')], 4999));
    counter.remember(record(1, 5000, [event('b')], 5000));
    counter.count(record(2, 5001, [event('a'), event('b')], 5002), takersOf(deltas));
    expect(read(deltas).ledger).toMatchObject({ counted: 1, duplicates: 1 });
  });

  it('does not look at the events of a void block', () => {
    const value = blockOf([event('a')], 4999).subarray(0, 30);
    const { ledger } = countAll([readBlock({ offset: 0n, timestampMs: 5000, value })]);
    expect(ledger).toMatchObject({ dead: 0, expired: 1 });
  });

  it('goes by the running maximum: a clock that steps back makes no void block whole', () => {
    const { ledger } = countAll([
      record(0, 5000, [event('x')]),
      record(1, 4000, [event('a')], 4500),
    ]);
    expect(ledger).toMatchObject({ counted: 1, expired: 1 });
  });

  it('takes the running maximum as append time when a clock steps back', () => {
    const { ledger } = countAll([
      record(0, 5000, [event('a')]),
      record(1, 4000, [event('x')]),
      record(2, 6001, [event('a')]),
    ]);
    expect(ledger).toMatchObject({ counted: 3, duplicates: 0 });
  });

  it('adds to the series of all values and to that of the declared dimensions', () => {
    const definition = { ...DEFAULT_EVENT_TYPE, dimensions: ['country', 'premium'] };
    const { counts } = countAll(
      [
        record(0, 0, [
          event('a', { attributes: { country: 'PT', other: 1 } }),
          event('b', { attributes: { country: 'PT', premium: true } }),
          event('c', { attributes: { country: 'PT', premium: true } }),
        ]),
      ],
      rules(() => definition),
    );
    expect(counts).toEqual({
      'video-1@0': 3,
      'video-1{"country":"PT"}@0': 1,
      'video-1{"country":"PT","premium":true}@0': 2,
    });
  });

  it('has no value of a dimension that is called like what every object has', () => {
    const dimensions = ['__proto__', 'constructor', 'toString'];
    const { counts } = countAll(
      [record(0, 0, [event('a'), event('b', { attributes: { constructor: 'PT' } })])],
      rules(() => ({ ...DEFAULT_EVENT_TYPE, dimensions })),
    );
    expect(counts).toEqual({
      'video-1@0': 2,
      'video-1{}@0': 1,
      'video-1{"constructor":"PT"}@0': 1,
    });
  });

  it('asks what a type means in the version of the block, and enters what came too late', () => {
    const asked: unknown[] = [];
    const using = rules((...question) => {
      asked.push(question);
      return { ...DEFAULT_EVENT_TYPE, maxAgeMs: 100 };
    });
    const { counts, ledger } = countAll(
      [record(0, 5000, [event('a', { time: 4900 }), event('b', { time: 4899 })])],
      using,
    );
    expect(counts).toEqual({ 'video-1@0': 1 });
    expect(ledger).toEqual({
      counted: 1,
      duplicates: 0,
      conflicting: 0,
      tooLate: 1,
      dead: 0,
      expired: 0,
    });
    expect(asked).toContainEqual(['default', 'view', 3]);
  });

  it('judges the age of events by when they arrived, however long their append took', () => {
    const using = rules(() => ({ ...DEFAULT_EVENT_TYPE, maxAgeMs: 100 }));
    const { leadMs } = expiryBounds(WINDOW_MS);
    const arrivedMs = 5000;
    const events = [event('a', { time: 4900 }), event('b', { time: 4899 })];
    const notAfterMs = arrivedMs + leadMs;
    for (const appendMs of [arrivedMs, notAfterMs]) {
      const { ledger } = countAll([record(0, appendMs, events, notAfterMs)], using);
      expect(ledger).toEqual({ ...noFates(), counted: 1, tooLate: 1 });
    }
  });

  it.each([
    ['a record that is no block', Buffer.from('not a block')],
    ['a record without a value', null],
    ['a block that is cut', blockOf([event('a')]).subarray(0, 40)],
  ])('enters %s as dead and goes on', (_, value) => {
    const dead = readBlock({ offset: 0n, timestampMs: 0, value });
    const { ledger, ranges } = countAll([dead, record(1, 0, [event('b')])]);
    expect(ledger).toEqual({
      counted: 1,
      duplicates: 0,
      conflicting: 0,
      tooLate: 0,
      dead: 1,
      expired: 0,
    });
    expect(ranges).toEqual([['0-2'], ['0-2']]);
  });

  it.each([
    ['a NUL in the subject', { subject: 'a\0b' }],
    ['a time before 1970', { time: -1 }],
    ['a time after 9999', { time: 253_402_300_800_000 }],
    ['a value with too many digits', { value: { unscaled: 1e15, scale: 0 } }],
    ['a value with too many decimals', { value: { unscaled: 1, scale: 7 } }],
    ['no id', { id: '' }],
    ['no subject', { subject: '' }],
    ['a subject that is too long', { subject: 'x'.repeat(513) }],
    ['an id that is too long', { id: 'x'.repeat(129) }],
    ['a type that nobody can name', { type: 'View' }],
    ['a type that is too long', { type: 'x'.repeat(65) }],
    ['a project that nobody can name', { project: 'a b' }],
    [
      'too many attributes',
      { attributes: Object.fromEntries(Array.from('x'.repeat(33), (x, index) => [x + index, 1])) },
    ],
    ['an attribute that is too long', { attributes: { a: 'x'.repeat(257) } }],
  ])('enters an event with %s as dead', (_, more) => {
    const { counts, ledger } = countAll([record(0, 0, [event('a', more), event('b')])]);
    expect(counts).toEqual({ 'video-1@0': 1 });
    expect(ledger).toMatchObject({ counted: 1, dead: 1 });
  });

  it('books nothing for a shard that has no event of the record', () => {
    const own = shardMap.shardOf(slotOf(seriesId('default', 'view', 'video-1')));
    const { counter, deltas } = newCounter();
    counter.count(record(0, 0, [event('a')]), takersOf(deltas));
    const booked = [own, 1 - own].map((shard) => deltas.get(shard)?.toMessage().ledger.length);
    expect(booked).toEqual([1, 0]);
  });

  it('leaves out shards that have the offset already, but remembers its events', () => {
    const subject = 'video-1';
    const own = shardMap.shardOf(slotOf(seriesId('default', 'view', subject)));
    const covered = new Map([[own, new OffsetSet([{ from: 0n, to: 1n }])]]);
    const { counter, deltas } = newCounter(rules(), covered);
    counter.count(record(0, 0, [event('a')]), takersOf(deltas));
    counter.count(record(1, 0, [event('a')]), takersOf(deltas));
    const { counts, ledger, ranges } = read(deltas);
    expect(counts).toEqual({});
    expect(ledger).toEqual({
      counted: 0,
      duplicates: 1,
      conflicting: 0,
      tooLate: 0,
      dead: 0,
      expired: 0,
    });
    expect(ranges[own]).toEqual(['1-2']);
    expect(ranges[1 - own]).toEqual(['0-2']);
  });
});

describe('what a partition counts', () => {
  // Events of one id are alike.
  const someEvent = fc.nat(30).map((id) =>
    event(`e${id}`, {
      subject: `s${id % 7}`,
      time: (id % 4) * 60_000,
      value: id % 3 === 0 ? null : { unscaled: id, scale: 2 },
    }),
  );
  const someLog = fc
    .array(fc.tuple(fc.array(someEvent, { minLength: 1, maxLength: 5 }), fc.nat(600)), {
      minLength: 1,
      maxLength: 25,
    })
    .map((blocks) => {
      let appendMs = HOUR_MS - 3000;
      return blocks.map(([events, later], offset) => record(offset, (appendMs += later), events));
    });

  /** Counts in pieces: a new counter at each cut, its window rebuilt by `rebuild`. */
  function countInPieces(
    log: readonly BlockRecord[],
    cuts: readonly number[],
    rebuild: (counter: PartitionCounter, before: readonly BlockRecord[]) => void,
  ) {
    const total = new Map<string, number>();
    const bounds = [...new Set([0, ...cuts.map((cut) => cut % log.length), log.length])].sort(
      (a, b) => a - b,
    );
    for (const [index, from] of bounds.entries()) {
      const { counter, deltas } = newCounter();
      rebuild(counter, log.slice(0, from));
      for (const one of log.slice(from, bounds[index + 1])) counter.count(one, takersOf(deltas));
      for (const [key, count] of Object.entries(read(deltas).counts))
        total.set(key, (total.get(key) ?? 0) + count);
    }
    return Object.fromEntries(total);
  }

  const sameWholeAndInPieces = (rebuild: Parameters<typeof countInPieces>[2]) =>
    fc.property(someLog, fc.array(fc.nat(24), { maxLength: 4 }), (log, cuts) => {
      const whole = countAll(log).counts;
      expect(countInPieces(log, cuts, rebuild)).toEqual(whole);
    });

  it('is the same, each row once, when series are forgotten all the time', () => {
    fc.assert(
      fc.property(someLog, fc.integer({ min: 1, max: 4 }), (log, maxSeries) => {
        const using = rules(undefined, maxSeries);
        expect(countAll(log, using)).toEqual(countAll(log));
      }),
    );
  });

  it('is the same however it is cut, when the window is rebuilt from the log', () => {
    fc.assert(
      sameWholeAndInPieces((counter, before) => {
        const last = before.at(-1)?.timestampMs ?? 0;
        for (const one of before) if (one.timestampMs >= last - WINDOW_MS) counter.remember(one);
      }),
    );
  });

  it('is not the same when the window is not rebuilt (control)', () => {
    expect(fc.check(sameWholeAndInPieces(() => undefined)).failed).toBe(true);
  });

  it('is not the same when less than the window is read back (control)', () => {
    const result = fc.check(
      sameWholeAndInPieces((counter, before) => {
        const last = before.at(-1)?.timestampMs ?? 0;
        for (const one of before)
          if (one.timestampMs >= last - WINDOW_MS / 4) counter.remember(one);
      }),
      { numRuns: 500 },
    );
    expect(result.failed).toBe(true);
  });
});
