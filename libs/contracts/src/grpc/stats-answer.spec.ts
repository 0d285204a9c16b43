import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GetStatsResponse } from '../generated/tally/query/v1/query.js';
import { packageDefinition } from './package-definition.js';
import { readStatsAnswer } from './stats-answer.js';

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
  },
  { requiredKeys: ['subject', 'windows', 'missing'] },
);
const answer: fc.Arbitrary<GetStatsResponse> = fc.record(
  {
    subjects: fc.array(subject),
    asOfMs: int64,
    missingShards: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
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
