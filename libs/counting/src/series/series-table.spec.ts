import { describe, expect, it } from '@jest/globals';
import { decodeSeriesNames, type Event } from '@tally/contracts';
import { seriesId, ShardMap, slotOf } from '@tally/placement';
import fc from 'fast-check';
import { event } from '../../test/support/counted-blocks.js';
import { placeNames } from './series-places.js';
import { NO_SERIES, SeriesTable } from './series-table.js';

const shardMap = ShardMap.even(3);
const newTable = (maxSeries = 1000) => new SeriesTable(shardMap, maxSeries);
const dimensionLists = [['a'], ['a', 'b'], ['a', 'c'], ['b'], ['c'], ['a', 'b', 'c']];
/** A user that remembers by its text which series it has. */
class Rows {
  readonly numbers = new Map<string, number>();

  renumber(numbers: Int32Array): void {
    for (const [text, number] of this.numbers) this.numbers.set(text, numbers[number] ?? NO_SERIES);
  }
}

function nameOf(table: SeriesTable, series: number) {
  const [name] = decodeSeriesNames(Buffer.from(table.entry(series))) ?? [];
  if (name === undefined) throw new Error('expected the name of a series');
  return { ...name, id: Buffer.from(name.id) };
}

function find(table: SeriesTable, { project, type, subject }: Event): number {
  const { bytes, places } = placeNames(project, type, subject);
  return table.find(bytes, places);
}

describe('the series of an event', () => {
  it('is found by its names, whatever they are, and by no others', () => {
    const text = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('a', 'aa', 'é'.repeat(200)));
    const name = fc.constantFrom('p', 'pp', 'view', 'vie', 'w');
    const events = fc.array(fc.tuple(name, name, text), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(events, (names) => {
        const table = newTable();
        const numbers = new Map<string, number>();
        for (const [project, type, subject] of names) {
          const one = event('1', { project, type, subject });
          const key = JSON.stringify([project, type, subject]);
          expect(find(table, one)).toBe(numbers.get(key) ?? NO_SERIES);
          const series = table.all(one);
          expect(numbers.get(key) ?? numbers.size).toBe(series);
          numbers.set(key, series);
          const id = seriesId(project, type, subject);
          expect(nameOf(table, series)).toEqual({ id, project, type, subject, dimensions: '' });
          expect(table.shardOf(series)).toBe(shardMap.shardOf(slotOf(id)));
          expect(table.typeOf(series)).toMatchObject({ project, type });
        }
      }),
    );
  });

  it('is by the bytes of its names the one that it is by its texts, or has to be decoded', () => {
    const part = fc.constantFrom('a', 'B', '-', '.', '/', '\0', 'é', '\ufffd', 'a'.repeat(64));
    const text = fc.array(part, { maxLength: 9 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, text, (project, type, subject) => {
        const [byBytes, byTexts] = [newTable(), newTable()];
        const { bytes, places } = placeNames(project, type, subject);
        const series = byBytes.named(bytes, places);
        const isPlain = /^[^\0é\ufffd]{1,512}$/.test(subject);
        const expected = isPlain ? byTexts.all({ project, type, subject }) : NO_SERIES;
        expect(series).toBe(expected);
        if (series === NO_SERIES) return;
        expect(nameOf(byBytes, series)).toEqual(nameOf(byTexts, series));
        expect(byBytes.find(bytes, places)).toBe(series);
        expect(byBytes.all({ project, type, subject })).toBe(series);
      }),
    );
  });

  it('is none where project or type are no names', () => {
    const table = newTable();
    expect(table.all(event('1', { project: 'No' }))).toBe(NO_SERIES);
    expect(table.all(event('1', { type: 'no/type' }))).toBe(NO_SERIES);
    expect(table.size).toBe(0);
  });

  it.each([{ attributes: { a: 1 } }, { attributes: {} }, { attributes: { a: '1', c: false } }])(
    'does not depend on what was remembered before: $attributes',
    ({ attributes }) => {
      const used = newTable();
      const one = event('1', { attributes });
      for (const names of [...dimensionLists, ...dimensionLists]) {
        const fresh = newTable();
        const name = nameOf(fresh, fresh.split(one, names));
        expect(nameOf(used, used.split(one, names))).toEqual(name);
      }
      expect(used.size).toBe(dimensionLists.length);
    },
  );

  it('is another one when the event type has got a dimension that the event lacks', () => {
    const table = newTable();
    const one = event('1', { attributes: { a: 1 } });
    const before = nameOf(table, table.split(one, ['a']));
    const after = nameOf(table, table.split(one, ['a', 'b']));
    const values = [['a', 1] as const, ['b', undefined] as const];
    expect(after.id).toEqual(seriesId('default', 'view', 'video-1', values));
    expect(after.id).not.toEqual(before.id);
    // Both are named by the values that there are.
    expect(after.dimensions).toBe(before.dimensions);
  });
});

describe('a table of series that is full', () => {
  const subjectOf = (number: number) => event('1', { subject: `video-${number}` });

  it('forgets those that were used longest ago, and no other', () => {
    const table = newTable(100);
    const users = [new Rows(), new Rows()].map((rows) => table.join(rows));
    for (let number = 0; number < 100; number++)
      table.use(table.all(subjectOf(number)), users[number < 60 ? 0 : 1] ?? 0);
    for (const user of users) table.leave(user);
    table.all(subjectOf(100));
    const found = Array.from({ length: 101 }, (_, number) => find(table, subjectOf(number)) >= 0);
    expect(found).toEqual(Array.from({ length: 101 }, (_, number) => number >= 60));
  });

  it('forgets nothing that somebody uses, who hears of the new numbers', () => {
    const action = fc.record({ subject: fc.nat(60), isSplit: fc.boolean(), joins: fc.nat(9) });
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        (list, max) => {
          const table = newTable(max);
          let users: { rows: Rows; user: number }[] = [];
          for (const { subject, isSplit, joins } of list) {
            if (joins === 0 || users.length === 0) {
              const rows = new Rows();
              users.push({ rows, user: table.join(rows) });
            }
            if (users.length > 2) {
              table.leave(users[0]?.user ?? 0);
              users = users.slice(1);
            }
            const one = event('1', { subject: `s${subject}`, attributes: { a: subject } });
            const series = isSplit ? table.split(one, ['a']) : table.all(one);
            const latest = users.at(-1);
            if (latest === undefined) continue;
            table.use(series, latest.user);
            latest.rows.numbers.set(`s${subject}${isSplit ? `{"a":${subject}}` : ''}`, series);
            for (const { rows } of users)
              for (const [text, number] of rows.numbers) {
                const name = nameOf(table, number);
                expect(`${name.subject}${name.dimensions}`).toBe(text);
              }
          }
        },
      ),
    );
  });

  it('knows again who was told', () => {
    const table = newTable(4);
    const rows = new Rows();
    const user = table.join(rows);
    const told = table.all(subjectOf(1));
    table.use(told, user);
    table.tell(told);
    rows.numbers.set('1', told);
    table.all(subjectOf(2));
    for (let number = 3; number < 40; number++) table.all(subjectOf(number));
    expect(table.isTold(rows.numbers.get('1') ?? 0)).toBe(true);
    expect(table.isTold(table.all(subjectOf(2)))).toBe(false);
  });
});
