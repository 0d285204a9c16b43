import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ILL_FORMED, utf8Bytes } from './text-rule.js';

/** Any units, halves of pairs and NUL included. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 })))
    .map((units) => String.fromCharCode(...units)),
);

describe('the rule of texts', () => {
  it('counts the bytes that Buffer would write, and knows what it could not write', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const isIllFormed = text.includes('\0') || /\p{Surrogate}/u.test(text);
        expect(utf8Bytes(text)).toBe(isIllFormed ? ILL_FORMED : Buffer.byteLength(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['\ud83d', '\ude00', '\ude00\ud83d', 'a\ud83d', '\ud83da', 'a\0b'])(
    '%j is ill formed',
    (text) => expect(utf8Bytes(text)).toBe(ILL_FORMED),
  );
});
