import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MalformedFrame } from './malformed-frame.js';
import { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

interface Field {
  readonly value: unknown;
  readonly write: (writer: WireWriter) => unknown;
  readonly read: (reader: WireReader) => unknown;
}

const bytes = fc.uint8Array({ maxLength: 3000 }).map((array) => Buffer.from(array));
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.integer({ min: -128, max: 127 }).map((value): Field => ({
    value,
    write: (writer) => writer.int8(value),
    read: (reader) => reader.int8(),
  })),
  fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }).map((value): Field => ({
    value,
    write: (writer) => writer.int16(value),
    read: (reader) => reader.int16(),
  })),
  fc.integer().map((value): Field => ({
    value,
    write: (writer) => writer.int32(value),
    read: (reader) => reader.int32(),
  })),
  fc.integer().map((value): Field => ({
    value,
    write: (writer) => writer.varint(value),
    read: (reader) => reader.varint(),
  })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): Field => ({
    value,
    write: (writer) => writer.int64(value),
    read: (reader) => reader.int64(),
  })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): Field => ({
    value,
    write: (writer) => writer.varlong(value),
    read: (reader) => reader.varlong(),
  })),
  fc.option(fc.string({ unit: 'grapheme', maxLength: 300 })).map((value): Field => ({
    value,
    write: (writer) => writer.nullableString(value),
    read: (reader) => reader.nullableString(),
  })),
  fc.option(bytes).map((value): Field => ({
    value,
    write: (writer) => writer.nullableBytes(value),
    read: (reader) => reader.nullableBytes(),
  })),
  fc.array(fc.integer(), { maxLength: 50 }).map((value): Field => ({
    value,
    write: (writer) => writer.array(value, (element) => writer.int32(element)),
    read: (reader) => reader.array(() => reader.int32()),
  })),
);

describe('what is written', () => {
  it('is read as it was, whatever the fields are and wherever a buffer ends', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 200 }), (fields) => {
        const writer = new WireWriter();
        for (const { write } of fields) write(writer);
        const { length } = writer;
        const frame = Buffer.concat(writer.finish());
        expect(frame.length).toBe(length);
        const reader = new WireReader(frame);
        for (const { value, read } of fields) expect(read(reader)).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('passes large bytes through without a copy', () => {
    const batches = Buffer.alloc(5000, 7);
    const parts = new WireWriter().int32(1).bytes(batches).int32(2).finish();
    expect(parts).toContain(batches);
  });
});

describe('a frame that ends too early', () => {
  it.each<[string, (reader: WireReader) => unknown]>([
    ['a number', (reader) => reader.int64()],
    ['a string', (reader) => reader.string()],
    ['bytes', (reader) => reader.bytes()],
    ['an array', (reader) => reader.array(() => reader.int8())],
  ])('is malformed where it should hold %s', (_name, read) => {
    expect(() => read(new WireReader(Buffer.from([0, 3, 1])))).toThrow(MalformedFrame);
  });

  it('is malformed where a string is not UTF-8', () => {
    const bytes = Buffer.from([0, 2, 0xff, 0xff]);
    expect(() => new WireReader(bytes).string()).toThrow(MalformedFrame);
  });

  it('is malformed where a varint does not end', () => {
    expect(() => new WireReader(Buffer.alloc(20, 0xff)).varint()).toThrow(MalformedFrame);
    expect(() => new WireReader(Buffer.alloc(20, 0xff)).varlong()).toThrow(MalformedFrame);
  });
});

describe('a frame of arrays in arrays', () => {
  /** So many arrays of so many numbers. */
  const frame = (arrays: number, numbers: number) => {
    const one = new WireWriter().int32(numbers).raw(Buffer.alloc(numbers));
    const all = Buffer.concat(one.finish());
    return Buffer.concat([
      ...new WireWriter().int32(arrays).finish(),
      ...Array.from({ length: arrays }, () => all),
    ]);
  };
  const read = (bytes: Buffer) =>
    new WireReader(bytes).array((reader) => reader.array(() => reader.int8())).length;

  it('is read while all elements together are as many as a client needs', () => {
    expect(read(frame(300, 300))).toBe(300);
  });

  it('is malformed before it is many times its size in objects', () => {
    expect(() => read(frame(400, 400))).toThrow(MalformedFrame);
  });
});
