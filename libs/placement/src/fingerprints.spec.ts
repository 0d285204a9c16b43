import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf } from './fingerprint.js';
import { Fingerprints } from './fingerprints.js';
import { LANES, sha256Lanes } from './sha256-lanes.js';

const PLACE = 16;

/** What is written for some ids that lie one behind the other. */
function written(project: string, ids: readonly string[]): string[] {
  const fingerprints = new Fingerprints(project);
  const into = Buffer.alloc(ids.length * PLACE);
  const bytes = Buffer.from(ids.join(''));
  let from = 0;
  ids.forEach((id, index) => {
    const to = from + Buffer.byteLength(id);
    fingerprints.add(bytes, from, to, into, index * PLACE);
    from = to;
  });
  fingerprints.finish(into);
  return ids.map((_, index) => into.toString('hex', index * PLACE, (index + 1) * PLACE));
}

const each = (project: string, ids: readonly string[]) =>
  ids.map((id) => fingerprintOf(project, id).toString('hex'));

describe('fingerprints of many ids', () => {
  it.each(['p', 'de', 'def', 'default', 'x'.repeat(64)])(
    'of project %s are those of each, of any length and behind ids of any other',
    (project) => {
      const ids = Array.from({ length: 128 }, (_, index) => 'abc'.repeat(43).slice(0, index + 1));
      const mixed = ids.flatMap((id, index) => [id, `é${index}`, ids[127 - index] ?? '']);
      expect(written(project, ids)).toEqual(each(project, ids));
      expect(written(project, mixed)).toEqual(each(project, mixed));
    },
  );

  it('are those of each', () => {
    const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 20 }), (ids) => {
        const wellFormed = ids.map((one) => Buffer.from(one).toString());
        expect(written('default', wellFormed)).toEqual(each('default', wellFormed));
      }),
      { numRuns: 200 },
    );
  });
});

describe('four SHA-256 at once', () => {
  it('are those of FIPS 180-4, whatever lies in the other lanes', () => {
    const lanes = sha256Lanes();
    if (lanes === undefined) throw new Error('expected WebAssembly with SIMD');
    const messages = Array.from({ length: 400 }, (_, index) =>
      createHash('sha512')
        .update(`${index}`)
        .digest()
        .subarray(0, index % 56),
    );
    for (let first = 0; first < messages.length; first += LANES) {
      const four = messages.slice(first, first + LANES);
      four.forEach((message, lane) => {
        const block = Buffer.concat([message, Buffer.of(0x80), Buffer.alloc(64)]).subarray(0, 64);
        block.writeUInt32BE(8 * message.length, 60);
        for (let word = 0; word < 16; word++)
          lanes.block[word * LANES + lane] = block.readInt32BE(4 * word);
      });
      lanes.run();
      four.forEach((message, lane) => {
        const found = Buffer.alloc(16);
        for (let word = 0; word < 4; word++)
          found.writeInt32BE(lanes.hash[word * LANES + lane] ?? 0, 4 * word);
        const expected = createHash('sha256').update(message).digest().subarray(0, 16);
        expect(found).toEqual(expected);
      });
    }
  });
});
