import { describe, expect, it } from '@jest/globals';
import avsc from 'avsc';
import fc from 'fast-check';
import { writeLong, writeText } from './avro-writer.js';

describe('what is written by hand', () => {
  it('is a number as Avro has it', () => {
    const type = avsc.Type.forSchema('long');
    const number = fc.oneof(
      fc.integer(),
      fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
      fc.integer({ min: 0, max: 51 }).chain((bits) => fc.constantFrom(2 ** bits, 2 ** bits - 1)),
      fc.constantFrom(0, -0, -1, -(2 ** 27), -(2 ** 27) - 1, 253_402_300_799_999),
    );
    fc.assert(
      fc.property(number, (value) => {
        const into = Buffer.alloc(12, 0xee);
        const end = writeLong(into, 1, value);
        expect(into.subarray(1, end)).toEqual(type.toBuffer(value));
        expect(into[end]).toBe(0xee);
      }),
      { numRuns: 5000 },
    );
  });

  it('is a text as Avro has it', () => {
    const type = avsc.Type.forSchema('string');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (text) => {
        const bytes = Buffer.from(`<${text}>`);
        const into = Buffer.alloc(bytes.length + 4);
        const end = writeText(into, 1, bytes, 1, bytes.length - 1);
        expect(into.subarray(1, end)).toEqual(type.toBuffer(text));
      }),
    );
  });
});
