import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AT, buildRecordBatch, encodeRequest, produce, stampBatch } from '@tally/kafka-wire';
import fc from 'fast-check';
import { producing } from '../support/requests.js';

const CORPUS = join(import.meta.dirname, '../corpus/requests.txt');
/** Most bytes of what is made up. */
const MAX_GARBAGE_BYTES = 300;
/** Where a server may take a number for a length, a count or a kind. */
const WRONG_NUMBERS = [
  -(2 ** 31),
  -2,
  -1,
  0,
  1,
  255,
  65_535,
  100_000,
  100_001,
  2 ** 30,
  2 ** 31 - 1,
];
const TOPIC = 'fuzz';

/** Valid requests without their length, by name. */
export function readCorpus(): Buffer[] {
  return readFileSync(CORPUS, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Buffer.from(line.split(' ')[2] ?? '', 'hex'));
}

/** What is done to a frame; `at` is a share of it. */
type Spoil = (frame: Buffer) => Buffer;

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const garbage = fc.uint8Array({ maxLength: MAX_GARBAGE_BYTES }).map((bytes) => Buffer.from(bytes));
const positionIn = (frame: Buffer, at: number) => Math.floor(at * frame.length);

const flipBits: fc.Arbitrary<Spoil> = fc
  .array(fc.tuple(share, fc.integer({ min: 0, max: 7 })), { minLength: 1, maxLength: 8 })
  .map((flips) => (frame) => {
    const changed = Buffer.from(frame);
    for (const [at, bit] of flips)
      changed[positionIn(frame, at)] = (changed[positionIn(frame, at)] ?? 0) ^ (1 << bit);
    return changed;
  });
const wrongNumber: fc.Arbitrary<Spoil> = fc
  .tuple(share, fc.constantFrom(...WRONG_NUMBERS), fc.constantFrom(1, 2, 4))
  .map(([at, number, bytes]) => (frame) => {
    const changed = Buffer.from(frame);
    const value = Buffer.alloc(4);
    value.writeInt32BE(number);
    value.copy(changed, positionIn(frame, at), 4 - bytes);
    return changed;
  });
const cut: fc.Arbitrary<Spoil> = share.map(
  (at) => (frame) => frame.subarray(0, positionIn(frame, at)),
);
const splice: fc.Arbitrary<Spoil> = fc
  .tuple(share, share, garbage)
  .map(([from, to, bytes]) => (frame) => {
    const [first = 0, second = 0] = [positionIn(frame, from), positionIn(frame, to)].toSorted(
      (a, b) => a - b,
    );
    return Buffer.concat([frame.subarray(0, first), bytes, frame.subarray(second)]);
  });

function prefixed(frame: Buffer, length = frame.length): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeInt32BE(length);
  return Buffer.concat([prefix, frame]);
}

/** A batch whose fields are wrong and whose CRC fits them. */
const mendedBatch = fc
  .tuple(
    fc.integer({ min: AT.attributes, max: AT.records + 10 }),
    fc.constantFrom(...WRONG_NUMBERS),
  )
  .map(([at, number]) => {
    const batch = buildRecordBatch([{ key: Buffer.from('k'), value: Buffer.from('value') }], 1);
    batch.writeInt32BE(number, Math.min(at, batch.length - 4));
    stampBatch(batch, { baseOffset: 0n, leaderEpoch: 0, logAppendTimeMs: 1 });
    return Buffer.concat(encodeRequest(produce, producing(TOPIC, 0, batch)));
  });

/** Bytes that a client sends: requests of the corpus that were spoiled, and some that never were any. */
export function spoiledRequests(corpus: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const valid = fc.constantFrom(...corpus);
  const spoil = fc.oneof(flipBits, wrongNumber, cut, splice);
  const spoiled = fc
    .tuple(valid, fc.array(spoil, { minLength: 1, maxLength: 3 }))
    .map(([frame, spoils]) => spoils.reduce((changed, change) => change(changed), frame));
  const wrongLength = fc
    .tuple(spoiled, fc.oneof(fc.constantFrom(...WRONG_NUMBERS), fc.integer({ min: -10, max: 400 })))
    .map(([frame, length]) => prefixed(frame, length));
  // One body under the header of another.
  const grafted = fc
    .tuple(valid, valid)
    .map(([head, body]) => prefixed(Buffer.concat([head.subarray(0, 8), body.subarray(8)])));
  return fc.oneof(
    { weight: 8, arbitrary: spoiled.map((frame) => prefixed(frame)) },
    { weight: 2, arbitrary: wrongLength },
    { weight: 1, arbitrary: grafted },
    { weight: 1, arbitrary: mendedBatch },
    { weight: 1, arbitrary: garbage },
    {
      weight: 1,
      arbitrary: fc
        .tuple(spoiled, garbage)
        .map(([frame, more]) => Buffer.concat([prefixed(frame), more])),
    },
  );
}
