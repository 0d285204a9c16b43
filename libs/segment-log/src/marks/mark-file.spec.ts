import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeMarks, encodeMarks } from './mark-file.js';

const LOG = 'AAECAwQFBgcICQoLDA0ODw';
const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const mark = fc.record({
  topicId: fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((id) => Buffer.from(id).toString('hex')),
  partition: fc.nat(),
  logStart: offset,
  baseOffset: offset,
  position: fc.nat(),
  offset,
  lastCrc: fc.nat(),
});
const sets = fc.record({ sequence: offset, marks: fc.array(mark) });

describe('a file of marks', () => {
  it('holds what was written, also where bytes of a longer one follow', () => {
    fc.assert(
      fc.property(sets, fc.uint8Array(), (set, rest) => {
        const bytes = Buffer.concat([encodeMarks(LOG, set), rest]);
        expect(decodeMarks(LOG, bytes)).toEqual(set);
      }),
    );
  });

  it('is none of another log, and none when it is cut or any bit has changed', () => {
    fc.assert(
      fc.property(sets, fc.nat(), fc.nat({ max: 7 }), (set, seed, bit) => {
        const bytes = encodeMarks(LOG, set);
        expect(decodeMarks('AAAAAAAAAAAAAAAAAAAAAA', bytes)).toBeUndefined();
        const at = seed % bytes.length;
        expect(decodeMarks(LOG, bytes.subarray(0, at))).toBeUndefined();
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        expect(decodeMarks(LOG, bytes)).toBeUndefined();
      }),
    );
  });
});
