import { describe, expect, it } from '@jest/globals';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import {
  GenerationDraft,
  MAX_GENERATION_BYTES,
  type ClosedGeneration,
} from './generation-draft.js';
import { readGeneration, toldRecords } from './window-generation.js';

const TOPIC = 'events-0123456789abcdef';
const SLICE_MS = 60_000;
const FIRST_MS = 1_764_000_000_000;
const fingerprint = (byte: number) => Buffer.alloc(16, byte);

/** What a draft closes that is told of records `[offset, slice, events]`. */
function closedBy(
  records: readonly (readonly [offset: number, slice: number, events: number])[],
  from = 5,
): ClosedGeneration[] {
  const closed: ClosedGeneration[] = [];
  const draft = new GenerationDraft({
    topic: TOPIC,
    partition: 3,
    dedupWindowMs: 10 * SLICE_MS,
    from: BigInt(from),
    onClosed: (generation) => closed.push(generation),
  });
  for (const [offset, slice, events] of records) {
    draft.begin(BigInt(offset), FIRST_MS + slice * SLICE_MS);
    for (let event = 0; event < events; event++) draft.add(fingerprint(event), 0, 0xabcd);
  }
  return closed;
}

const rangesOf = (closed: readonly ClosedGeneration[]) =>
  closed.map(({ first, end }) => `${first}-${end}`);

function only(closed: readonly ClosedGeneration[]): ClosedGeneration {
  const [generation] = closed;
  if (generation === undefined || closed.length > 1) throw new Error('expected one generation');
  return generation;
}

/** Record 5 with two events, 6 with none; 7 is of the next slice. */
const generation = only(
  closedBy([
    [5, 0, 2],
    [6, 0, 0],
    [7, 1, 0],
  ]),
);

describe('a generation', () => {
  it('has this layout for ever, byte for byte', () => {
    expect(generation.bytes.toString('hex')).toBe(
      '54570100' +
        '00000003' +
        '0000000000000005' +
        '00000002' +
        '00000002' +
        '0017' +
        Buffer.from(TOPIC).toString('hex') +
        '0000019ab697e800' +
        '00000002' +
        `${'00'.repeat(16)}abcd` +
        `${'01'.repeat(16)}abcd` +
        '0000019ab697e800' +
        '00000000' +
        '8db9f6fc',
    );
  });

  it('is read as it was written', () => {
    const read = readGeneration(generation.bytes, TOPIC, generation);
    if (read.kind !== 'generation') throw new Error(read.reason);
    expect(read).toMatchObject({ first: 5n, end: 7n, events: 2, lastMs: FIRST_MS });
    expect(
      [...toldRecords(read)].map(({ offset, appendMs, from, to }) => [offset, appendMs, to - from]),
    ).toEqual([
      [5n, FIRST_MS, 36],
      [6n, FIRST_MS, 0],
    ]);
  });

  it('is none when a byte is missing, one too many, or another', () => {
    const { bytes } = generation;
    for (let length = 0; length < bytes.length; length++)
      expect(readGeneration(bytes.subarray(0, length), TOPIC, generation).kind).toBe('malformed');
    expect(readGeneration(Buffer.concat([bytes, Buffer.of(0)]), TOPIC, generation).kind).toBe(
      'malformed',
    );
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const other = Buffer.from(bytes);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readGeneration(other, TOPIC, generation).kind).toBe('malformed');
    }
  });

  it('is none of another topic, partition, or range', () => {
    const { bytes } = generation;
    const of = (topic: string, change: object) =>
      readGeneration(bytes, topic, { ...generation, ...change }).kind;
    expect(of(TOPIC, {})).toBe('generation');
    expect(of('events-0123456789abcdee', {})).toBe('malformed');
    expect(of('events-0123456789abcdef0', {})).toBe('malformed');
    expect(of(TOPIC, { partition: 4 })).toBe('malformed');
    expect(of(TOPIC, { first: 4n })).toBe('malformed');
    expect(of(TOPIC, { end: 8n })).toBe('malformed');
    expect(of(TOPIC, { lastMs: 0 })).toBe('malformed');
  });

  it('that somebody wrote with a checksum is one or is not, and nothing else happens', () => {
    const { bytes } = generation;
    const end = bytes.length - 4;
    fc.assert(
      fc.property(fc.nat(end - 1), fc.nat(255), (at, byte) => {
        const forged = Buffer.from(bytes);
        forged[at] = byte;
        forged.writeUInt32BE(crc32c(forged.subarray(0, end)), end);
        const read = readGeneration(forged, TOPIC, generation);
        if (read.kind === 'generation')
          for (const { to } of toldRecords(read)) expect(to).toBeLessThanOrEqual(end);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('generations', () => {
  it('end before the first record of another tenth of the window', () => {
    const records = [5, 6, 7, 8].map((offset, index) => [offset, index >> 1, 1] as const);
    expect(rangesOf(closedBy([...records, [9, 9, 0]]))).toEqual(['5-7', '7-9']);
  });

  it('end when they are large, whatever their time', () => {
    const events = Math.ceil(MAX_GENERATION_BYTES / 18 / 2);
    const records = [5, 6, 7, 8, 9].map((offset) => [offset, 0, events] as const);
    expect(rangesOf(closedBy(records))).toEqual(['5-7', '7-9']);
  });

  it('have the same bytes whoever writes them, and whenever he began', () => {
    const records = [5, 6, 7, 8].map((offset) => [offset, offset, offset] as const);
    const [, second] = closedBy(records);
    const [same] = closedBy(records, 6);
    expect(second).toEqual(same);
  });

  it('have nothing of a record that was told by halves', () => {
    const whole = closedBy([
      [5, 0, 1],
      [6, 0, 3],
      [7, 1, 0],
    ]);
    expect(rangesOf(whole)).toEqual(['5-7']);
    const broken = closedBy([
      [5, 0, 1],
      [6, 0, 2],
      [6, 0, 3],
      [7, 1, 0],
    ]);
    expect(rangesOf(broken)).toEqual(['6-7']);
    const read = readGeneration(only(broken).bytes, TOPIC, only(broken));
    expect(read).toMatchObject({ kind: 'generation', events: 3 });
  });
});
