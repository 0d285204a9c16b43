import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_EVENT_TYPE,
  decodeDeadLetter,
  type CatalogChange,
  type EventTypeDefinition,
} from '@tally/contracts';
import fc from 'fast-check';
import {
  countAll,
  event,
  newCounter,
  read,
  record,
  rules,
  shardMap,
  takersOf,
  TOPIC,
} from '../../test/support/counted-blocks.js';
import type { BlockRecord } from '../aggregate/block-record.js';
import { LetterDelta } from '../letters/letter-delta.js';
import { LetterDraft } from '../letters/letter-draft.js';
import { CatalogHistory } from './catalog-history.js';

const put = (subject: string, owner?: string): CatalogChange => ({
  kind: 'change',
  project: 'default',
  subject,
  fields: owner === undefined ? undefined : { owner },
});

function historyOf(changes: readonly CatalogChange[]): CatalogHistory {
  const history = new CatalogHistory();
  for (const change of changes) history.apply(change);
  return history;
}

const definition = (): EventTypeDefinition => ({ ...DEFAULT_EVENT_TYPE, enriched: ['owner'] });
const enrichedRules = (catalog: CatalogHistory) => rules(definition, 1000, catalog);

describe('what is known of a subject', () => {
  const history = historyOf([put('a', 'ann'), put('b', 'bob'), put('a', 'cy'), put('a')]);

  it.each([
    ['a', 0n, undefined],
    ['a', 1n, 'ann'],
    ['a', 2n, 'ann'],
    ['a', 3n, 'cy'],
    ['a', 4n, undefined],
    ['b', 1n, undefined],
    ['b', 4n, 'bob'],
    ['c', 4n, undefined],
  ])('of %s at position %p is the last record below: %p', (subject, position, owner) => {
    expect(history.fields('default', subject, position)?.['owner']).toBe(owner);
    expect(history.fields('other', subject, position)).toBeUndefined();
  });

  it('at a position that was not reached is never guessed', () => {
    expect(history.reaches(4n)).toBe(true);
    expect(history.reaches(5n)).toBe(false);
    expect(() => history.fields('default', 'a', 5n)).toThrow(RangeError);
  });

  it('is what it was after a record that says nothing', () => {
    const spoiled = historyOf([put('a', 'ann'), { kind: 'malformed', reason: 'no key' }]);
    expect(spoiled.fields('default', 'a', 2n)).toEqual({ owner: 'ann' });
  });
});

describe('an event of a type with enriched dimensions', () => {
  const history = historyOf([put('video-1', 'ann'), put('video-1', 'bob')]);
  const attributes = { country: 'PT', owner: 'who says so' };
  const at = (position: bigint, more = {}) => record(0, 0, [event('a', more)], 1, position);

  it('counts by what the catalogue said of its subject at the position of its block', () => {
    const counts = [0n, 1n, 2n].map((position) =>
      Object.keys(countAll([at(position)], enrichedRules(history)).counts).slice(1),
    );
    expect(counts).toEqual([
      ['video-1{}@0'],
      ['video-1{"owner":"ann"}@0'],
      ['video-1{"owner":"bob"}@0'],
    ]);
  });

  it('has its own attributes beside, and never in place of fields', () => {
    const both = () => ({ ...definition(), dimensions: ['country'] });
    const split = (position: bigint) =>
      Object.keys(countAll([at(position, { attributes })], rules(both, 9, history)).counts)[1];
    expect(split(0n)).toBe('video-1{"country":"PT"}@0');
    expect(split(2n)).toBe('video-1{"country":"PT","owner":"bob"}@0');
  });

  it('without the field counts as one without the attribute: in the same series', () => {
    const series = (type: typeof definition, position: bigint) =>
      countAll([at(position)], rules(type, 9, historyOf([put('video-1')])));
    const byAttribute = () => ({ ...DEFAULT_EVENT_TYPE, dimensions: ['owner'] });
    expect(series(definition, 1n)).toEqual(series(byAttribute, 1n));
  });
});

/** Two logs as they came to be: what was put, and blocks of events that name positions up to then. */
const twoLogs = fc
  .array(
    fc.oneof(
      fc.record({ kind: fc.constant('put'), subject: fc.nat(2), owner: fc.nat(3) }),
      fc.record({
        kind: fc.constant('block'),
        behind: fc.nat(2),
        subjects: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
      }),
    ),
    { maxLength: 30 },
  )
  .map((steps) => {
    const changes: CatalogChange[] = [];
    const records: BlockRecord[] = [];
    const expected: Record<string, number> = {};
    const add = (key: string) => (expected[key] = (expected[key] ?? 0) + 1);
    const owners: (string | undefined)[][] = [[]];
    for (const step of steps) {
      if ('owner' in step) {
        const owner = step.owner === 0 ? undefined : `o${step.owner}`;
        changes.push(put(`s${step.subject}`, owner));
        const now = [...(owners.at(-1) ?? [])];
        now[step.subject] = owner;
        owners.push(now);
        continue;
      }
      const position = Math.max(0, changes.length - step.behind);
      const offset = records.length;
      const events = step.subjects.map((subject, index) => {
        const owner = owners[position]?.[subject];
        add(`s${subject}@0`);
        add(`s${subject}${JSON.stringify({ owner })}@0`);
        return event(`${offset}/${index}`, { subject: `s${subject}` });
      });
      records.push(record(offset, offset, events, offset + 1, BigInt(position)));
    }
    return { changes, records, expected };
  });

/** What shards get that are away all the time. */
function byLetters(records: readonly BlockRecord[], catalog: CatalogHistory) {
  const deltas = shardMap.shards.flatMap((shard) => {
    const { counter } = newCounter(enrichedRules(new CatalogHistory()));
    const draft = new LetterDraft(shard);
    for (const one of records)
      draft.add(counter.count(one, { deltas: new Map(), absent: new Set([shard]) }));
    const letter = decodeDeadLetter(draft.encode([]));
    if (letter.kind !== 'letter') throw new Error(letter.reason);
    const delta = new LetterDelta(TOPIC, new Map(), { shardMap, definition, catalog });
    delta.add(5, letter, Number.MAX_SAFE_INTEGER);
    return delta.request(shard, 1) ?? [];
  });
  return read(new Map(deltas.map((message, at) => [at, { toMessage: () => message }])));
}

describe('reading the two logs again', () => {
  it('gives the same sums, however far the catalogue was read, and by dead letters too', () => {
    fc.assert(
      fc.property(twoLogs, ({ changes, records, expected }) => {
        // As soon as may be: the catalogue is read as far as each block needs it.
        const lazy = new CatalogHistory();
        const using = enrichedRules(lazy);
        const { counter, deltas } = newCounter(using);
        for (const one of records) {
          const { block } = one;
          const position = block.kind === 'block' ? block.catalogPosition : 0n;
          for (const change of changes.slice(Number(lazy.position), Number(position)))
            lazy.apply(change);
          counter.count(one, takersOf(deltas));
        }
        expect(read(deltas).counts).toEqual(expected);
        // Again, by somebody who knows all of it.
        const whole = historyOf(changes);
        expect(countAll(records, enrichedRules(whole)).counts).toEqual(expected);
        expect(byLetters(records, whole).counts).toEqual(expected);
      }),
    );
  });

  it('by what is known when it is counted would not', () => {
    const records = [record(0, 0, [event('a')], 1, 1n)];
    const history = historyOf([put('video-1', 'ann'), put('video-1', 'bob')]);
    const newest = {
      fields: (project: string, subject: string) =>
        history.fields(project, subject, history.position),
    };
    const { counts } = countAll(records, rules(definition, 9, newest));
    expect(counts).toEqual({ 'video-1@0': 1, 'video-1{"owner":"bob"}@0': 1 });
  });
});
