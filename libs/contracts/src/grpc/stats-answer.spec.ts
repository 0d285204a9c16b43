import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GetStatsResponse } from '../generated/tally/query/v1/query.js';
import { packageDefinition } from './package-definition.js';
import { CounterRows, encodeCounterRows } from '../rows/counter-rows.js';
import { readStatsAnswer } from './stats-answer.js';
import { writeStatsAnswer, type StatsRows } from './stats-answer-writer.js';

const service = packageDefinition()['tally.query.v1.QueryService'];
if (service === undefined || !('GetStats' in service)) throw new Error('no service');
const { responseSerialize, responseDeserialize } = service.GetStats;

const integer = (min: bigint, max: bigint) =>
  fc
    .oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max), fc.bigInt({ min: 0n, max: 300n }))
    .map(String);
const int64 = integer(-(2n ** 63n), 2n ** 63n - 1n);
const uint64 = integer(0n, 2n ** 64n - 1n);
const window = fc.record(
  {
    startMs: int64,
    count: uint64,
    valued: uint64,
    sumMicro: fc.bigInt().map(String),
    minMicro: int64,
    maxMicro: int64,
  },
  { requiredKeys: ['startMs', 'count', 'valued', 'sumMicro'] },
);
const subject = fc.record(
  {
    subject: fc.string({ unit: 'grapheme' }),
    windows: fc.array(window),
    missing: fc.boolean(),
    asOfMs: int64,
    group: fc.string({ unit: 'grapheme' }),
    figures: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  },
  { requiredKeys: ['subject', 'windows', 'missing'] },
);
const answer: fc.Arbitrary<GetStatsResponse> = fc.record(
  {
    subjects: fc.array(subject),
    asOfMs: int64,
    missingShards: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    partlyDeclaredWindows: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  },
  { requiredKeys: ['subjects', 'missingShards'] },
);

/** All of it, as objects. */
function whole(bytes: Buffer): object {
  const { subjects, ...rest } = readStatsAnswer(bytes);
  return {
    ...rest,
    subjects: subjects.map((one) => {
      const windows = [...one.windows];
      expect(one.windows).toHaveLength(windows.length);
      return { ...one, windows };
    }),
  };
}

const big = (min: bigint, max: bigint) =>
  fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max), fc.bigInt({ min: 0n, max: 300n }));
const [i64, u64] = [big(-(2n ** 63n), 2n ** 63n - 1n), big(0n, 2n ** 64n - 1n)];
const rows = fc
  .array(
    fc.record({
      index: fc.constant(0),
      startMinute: i64,
      count: u64,
      valued: u64,
      sum: big(-(2n ** 127n), 2n ** 127n - 1n),
      min: i64,
      max: i64,
    }),
  )
  .map((all) => CounterRows.of(encodeCounterRows(all)) ?? CounterRows.NONE);
const rowsOfSubjects: fc.Arbitrary<StatsRows> = fc.record(
  {
    subjects: fc.array(
      fc.record(
        {
          subject: fc.string({ unit: 'grapheme' }),
          rows,
          missing: fc.boolean(),
          asOfMs: i64,
          group: fc.string({ unit: 'grapheme' }),
        },
        { requiredKeys: ['subject', 'rows', 'missing'] },
      ),
    ),
    asOfMs: i64,
    missingShards: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  },
  { requiredKeys: ['subjects', 'missingShards'] },
);

/** The message, and how many steps it took. */
function written(answer: StatsRows): { readonly bytes: Buffer; readonly steps: number } {
  const all = writeStatsAnswer(answer, ({ startMinute }) => startMinute);
  for (let steps = 1; ; steps++) {
    const step = all.next();
    if (step.done === true) return { bytes: step.value, steps };
  }
}

describe('an answer of statistics that is written in steps', () => {
  it('is what who reads it at once finds', () => {
    fc.assert(
      fc.property(rowsOfSubjects, (said) => {
        const { bytes } = written(said);
        const instant = (asOfMs?: bigint) => (asOfMs === undefined ? {} : { asOfMs: `${asOfMs}` });
        const expected = {
          subjects: said.subjects.map(({ rows: own, asOfMs, ...rest }) => ({
            ...rest,
            ...instant(asOfMs),
            windows: [...own].map(({ startMinute, count, valued, sum, min, max }) => ({
              startMs: `${startMinute}`,
              count: `${count}`,
              valued: `${valued}`,
              sumMicro: `${sum}`,
              ...(valued === 0n ? {} : { minMicro: `${min}`, maxMicro: `${max}` }),
            })),
          })),
          ...instant(said.asOfMs),
          missingShards: said.missingShards,
        };
        expect(responseDeserialize(bytes)).toMatchObject(expected);
        expect(whole(bytes)).toEqual({ asOfMs: undefined, ...expected });
        // It goes over the wire as it is.
        expect(responseSerialize(bytes)).toBe(bytes);
      }),
    );
  });

  it('takes a step for some hundred windows, of one subject or of many', () => {
    const values = { index: 0, count: 1n, valued: 0n, sum: 0n, min: 0n, max: 0n };
    const many = (length: number) => {
      const all = Array.from({ length }, (_, minute) => ({
        ...values,
        startMinute: BigInt(minute),
      }));
      return CounterRows.of(encodeCounterRows(all)) ?? CounterRows.NONE;
    };
    const of = (...lengths: number[]) => {
      const subjects = lengths.map((length) => ({
        subject: 's',
        rows: many(length),
        missing: false,
      }));
      return written({ subjects, missingShards: [] }).steps;
    };
    expect(of(100)).toBe(1);
    expect(of(10_000)).toBe(40);
    expect(of(...Array.from({ length: 100 }, () => 100))).toBeGreaterThan(30);
  });
});

describe('an answer of statistics that is read as it is gone through', () => {
  it('is the same as when it is read at once', () => {
    fc.assert(
      fc.property(answer, (said) => {
        const bytes = responseSerialize(said);
        expect(whole(bytes)).toEqual({ asOfMs: undefined, ...said });
        // Control: so it is for the reader that makes objects of all of it.
        expect(responseDeserialize(bytes)).toMatchObject({ missingShards: said.missingShards });
      }),
    );
  });

  it('makes a window when it is come to, not before', () => {
    const windows = ['1', '2', '3'].map((count) => ({
      startMs: '0',
      count,
      valued: '0',
      sumMicro: '0',
    }));
    const said = { subjects: [{ subject: 's', windows, missing: false }], missingShards: [] };
    const bytes = Buffer.from(responseSerialize(said));
    // The count of the third window is made the end of a number that goes on.
    bytes[bytes.lastIndexOf(Buffer.from([0x10, 3])) + 1] = 0xff;
    const counts: string[] = [];
    const read = () => {
      for (const { count } of readStatsAnswer(bytes).subjects[0]?.windows ?? []) counts.push(count);
    };
    expect(readStatsAnswer(bytes).subjects[0]?.windows).toHaveLength(3);
    expect(read).toThrow(RangeError);
    expect(counts).toEqual(['1', '2']);
    // Control: the reader that makes all of them at once comes to it at once.
    expect(() => responseDeserialize(bytes)).toThrow();
  });

  it('passes over fields that a later version has', () => {
    // Field 15 as a number, 8 bytes, some bytes and 4 bytes; in the answer, in a subject, in a window.
    const later = Buffer.from('7805790102030405060708' + '7a03010203' + '7d01020304', 'hex');
    const nested = (tag: number, inside: Buffer) =>
      Buffer.concat([Buffer.from([tag, inside.length]), inside]);
    const one = nested(0x12, Buffer.concat([later, Buffer.from([0x10, 7])]));
    const bytes = Buffer.concat([later, nested(0x0a, Buffer.concat([later, one])), later]);
    expect(whole(bytes)).toEqual({
      asOfMs: undefined,
      missingShards: [],
      subjects: [
        {
          subject: '',
          missing: false,
          asOfMs: undefined,
          windows: [{ startMs: '0', count: '7', valued: '0', sumMicro: '' }],
        },
      ],
    });
  });

  it('of any bytes is an answer or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array(), answer, fc.nat(), (garbage, said, cut) => {
        const bytes = responseSerialize(said);
        const middle = cut % (bytes.length + 1);
        for (const one of [
          Buffer.from(garbage),
          bytes.subarray(0, middle),
          Buffer.concat([bytes.subarray(0, middle), garbage, bytes.subarray(middle)]),
        ])
          try {
            whole(one);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
      }),
    );
  });
});
