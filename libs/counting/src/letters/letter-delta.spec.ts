import { describe, expect, it } from '@jest/globals';
import {
  decodeDeadLetter,
  decodeDeltaRows,
  decodeSeriesNames,
  DEFAULT_EVENT_TYPE,
  FATES,
  type DeadLetter,
  type shardProxy,
} from '@tally/contracts';
import { seriesId, slotOf } from '@tally/placement';
import fc from 'fast-check';
import {
  event,
  newCounter,
  record,
  shardMap,
  takersOf,
  TOPIC,
} from '../../test/support/counted-blocks.js';
import type { BlockRecord } from '../aggregate/block-record.js';
import { noFates, type EventsByFate } from '../aggregate/shard-delta.js';
import { CatalogHistory } from '../catalog/catalog-history.js';
import { OffsetSet } from '../coverage/offset-set.js';
import { LetterDelta } from './letter-delta.js';
import { LetterDraft } from './letter-draft.js';

const PARTITION = 5;
const AT_ONCE = Number.MAX_SAFE_INTEGER;

/** What a shard has: counts by subject, fates, and offsets, added up delta by delta. */
class Counted {
  readonly counts: Record<string, number> = {};
  readonly fates: EventsByFate = noFates();
  readonly covered = new OffsetSet();
  private readonly names = new Map<string, string>();

  apply({
    ranges,
    rows,
    seriesNames,
    ledger,
  }: Pick<shardProxy.ApplyDeltaRequest, 'ranges' | 'rows' | 'seriesNames' | 'ledger'>): void {
    for (const { id, subject } of decodeSeriesNames(Buffer.from(seriesNames)) ?? [])
      this.names.set(Buffer.from(id).toString('hex'), subject);
    for (const row of decodeDeltaRows(Buffer.from(rows)) ?? []) {
      const name = this.names.get(Buffer.from(row.series).toString('hex')) ?? 'nameless';
      this.counts[name] = (this.counts[name] ?? 0) + Number(row.count);
    }
    for (const entry of ledger) for (const fate of FATES) this.fates[fate] += Number(entry[fate]);
    for (const part of ranges)
      for (const { from, to } of part.ranges) {
        const [range] = this.covered.missingOf({ from: BigInt(from), to: BigInt(to) });
        // Nothing is brought that the shard has.
        expect(range).toEqual({ from: BigInt(from), to: BigInt(to) });
        this.covered.add(BigInt(from), BigInt(to));
      }
  }
}

/** What one shard gets when it is there all the time. */
function direct(records: readonly BlockRecord[], shard: number): Counted {
  const { counter, deltas } = newCounter();
  for (const one of records) counter.count(one, takersOf(deltas));
  const counted = new Counted();
  const delta = deltas.get(shard);
  if (delta !== undefined) counted.apply(delta.toMessage());
  return counted;
}

/** Letters with so many records each, for a shard that is away all the time. */
function lettersOf(records: readonly BlockRecord[], shard: number, size: number): DeadLetter[] {
  const { counter } = newCounter();
  const letters: DeadLetter[] = [];
  for (let at = 0; at < records.length; at += size) {
    const draft = new LetterDraft(shard);
    for (const one of records.slice(at, at + size))
      draft.add(counter.count(one, { deltas: new Map(), absent: new Set([shard]) }));
    const letter = decodeDeadLetter(draft.encode([]));
    if (letter.kind !== 'letter') throw new Error(letter.reason);
    letters.push(letter);
  }
  return letters;
}

const letterRules = {
  shardMap,
  definition: () => DEFAULT_EVENT_TYPE,
  catalog: new CatalogHistory(),
};

/** Brings these letters, in this order, as a delta each. */
function deliver(counted: Counted, letters: readonly DeadLetter[], maxBytes = AT_ONCE): void {
  for (const letter of letters) {
    const coverage = new Map([[PARTITION, new OffsetSet(counted.covered)]]);
    const delta = new LetterDelta(TOPIC, coverage, letterRules);
    expect(delta.add(PARTITION, letter, maxBytes).kind).not.toBe('unreadable');
    const request = delta.request(letter.shard, 1);
    if (request !== undefined) counted.apply(request);
  }
}

const ONE_RECORD = [record(0, 0, [event('a'), event('b')])];
/** The shard of its subject. */
const OWNER = shardMap.shardOf(slotOf(seriesId('default', 'view', 'video-1')));

const someRecords = fc
  .array(fc.array(fc.tuple(fc.nat(12), fc.nat(5)), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((blocks) =>
    blocks.map((events, index) =>
      record(
        index,
        100 * index,
        events.map(([id, subject]) => event(`e${id}`, { subject: `video-${subject}` })),
      ),
    ),
  );

describe('a delta of dead letters', () => {
  it('brings a shard what it would have got, in any order, more than once and in any pieces', () => {
    fc.assert(
      fc.property(
        someRecords,
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.nat(400),
        (records, size, order, maxBytes) => {
          for (const shard of shardMap.shards) {
            const letters = lettersOf(records, shard, size);
            const counted = new Counted();
            const first = order.flatMap((number) =>
              letters.slice(number % letters.length).slice(0, 1),
            );
            deliver(counted, first, maxBytes);
            for (let round = 0; round < records.length; round++)
              deliver(counted, letters, maxBytes);
            const expected = direct(records, shard);
            expect(counted.counts).toEqual(expected.counts);
            expect(counted.fates).toEqual(expected.fates);
            expect([...counted.covered]).toEqual([...expected.covered]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('brings what two letters have once', () => {
    const [letter] = lettersOf(ONE_RECORD, OWNER, 1);
    if (letter === undefined) throw new Error('expected a letter');
    const delta = new LetterDelta(TOPIC, new Map(), letterRules);
    for (let time = 0; time < 2; time++)
      expect(delta.add(PARTITION, letter, AT_ONCE)).toEqual({ kind: 'whole' });
    const request = delta.request(OWNER, 1);
    if (request === undefined) throw new Error('expected something to bring');
    const counted = new Counted();
    counted.apply(request);
    expect(counted.counts).toEqual({ 'video-1': 2 });
  });

  it('has nothing of a letter that cannot be read, or that is of another shard', () => {
    const [letter] = lettersOf(ONE_RECORD, OWNER, 1);
    const [only] = letter?.records ?? [];
    if (letter === undefined || only === undefined) throw new Error('expected a letter');
    const delta = new LetterDelta(TOPIC, new Map(), letterRules);
    const records = [{ ...only, schemaId: 99 }];
    for (const spoiled of [
      { ...letter, records },
      { ...letter, shard: 1 - OWNER },
    ])
      expect(delta.add(PARTITION, spoiled, AT_ONCE)).toMatchObject({ kind: 'unreadable' });
    expect(delta.request(OWNER, 1)).toBeUndefined();
  });
});
