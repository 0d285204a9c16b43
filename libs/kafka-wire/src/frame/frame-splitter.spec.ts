import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MalformedFrame } from '../wire/malformed-frame.js';
import { FrameSplitter } from './frame-splitter.js';

const frame = fc.uint8Array({ minLength: 8, maxLength: 200 }).map((bytes) => Buffer.from(bytes));

function prefixed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

describe('FrameSplitter', () => {
  it('finds the same frames however the stream is cut', () => {
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), cuts, (frames, sizes) => {
        const stream = Buffer.concat(frames.map(prefixed));
        const splitter = new FrameSplitter(200);
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length;) {
          const size = sizes.next().value ?? 1;
          splitter.push(stream.subarray(at, at + size));
          at += size;
          for (let next = splitter.next(); next !== undefined; next = splitter.next()) {
            found.push(next);
          }
        }
        expect(found).toEqual(frames);
      }),
    );
  });

  it('knows the length of a frame before the frame is there', () => {
    const splitter = new FrameSplitter(1000);
    splitter.push(prefixed(Buffer.alloc(500)).subarray(0, 10));
    expect(splitter.nextLength).toBe(500);
    expect(splitter.next()).toBeUndefined();
  });

  it.each([-1, 0, 1001, 2 ** 31 - 1])('refuses a length of %i', (length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    const splitter = new FrameSplitter(1000);
    splitter.push(bytes);
    expect(() => splitter.nextLength).toThrow(MalformedFrame);
  });
});
