import { describe, expect, it } from '@jest/globals';
import {
  encodeDeltaRows,
  encodeSeriesNames,
  type DeltaRow,
  type shardProxy,
} from '@tally/contracts';
import fc from 'fast-check';
import { parseDelta } from './delta.js';

type Request = Omit<shardProxy.ApplyDeltaRequest, 'shard' | 'epoch'>;

const partition = { topic: 't', partition: 0 };
const row: DeltaRow = {
  series: Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
  minute: 258,
  retention: 5,
  count: 3n,
  valued: 2n,
  sum: -(2n ** 70n),
  min: -7n,
  max: 9n,
};
const entry = {
  partition,
  hour: 3,
  counted: '1',
  duplicates: '2',
  tooLate: '3',
  dead: '4',
  expired: '5',
  conflicting: '6',
};
const instant = { partition, asOfMs: '5', position: '4' };
const valid: Request = {
  ranges: [{ partition, ranges: [{ from: '0', to: '4' }] }],
  rows: encodeDeltaRows([row]),
  seriesNames: Buffer.alloc(0),
  splitRules: [],
  ledger: [entry],
  instants: [instant],
  dead: [],
};
const parse = (more: Partial<Request>, owns: (slot: number) => boolean = () => true) =>
  parseDelta({ ...valid, ...more }, owns);
const ranges = (...pairs: readonly (readonly [number, number])[]) => [
  { partition, ranges: pairs.map(([from, to]) => ({ from: String(from), to: String(to) })) },
];
const rows = (more: Partial<DeltaRow>) => ({ rows: encodeDeltaRows([{ ...row, ...more }]) });
const nameOf = (subject: string) =>
  encodeSeriesNames([{ id: row.series, project: 'p', type: 'view', subject, dimensions: '' }]);

/** Without the header: 20 bytes. */
const elements = (array: Buffer) => array.toString('hex', 20);

const words = (...numbers: readonly number[]) =>
  numbers.map((number) => number.toString(16).padStart(4, '0')).join('');

describe('a delta', () => {
  it('becomes parameters, its columns arrays in the binary format of Postgres', () => {
    const { partitions, rows: columns } = parse({});
    expect(partitions).toEqual([{ ...partition, ranges: '{[0,4)}', asOfMs: '5', position: '4' }]);
    expect(columns.series.toString('hex', 0, 20)).toBe('000000010000000000000b860000000100000001');
    expect(elements(columns.series)).toBe('00000010' + '00112233445566778899aabbccddeeff');
    expect(elements(columns.minutes)).toBe('00000004' + '00000102');
    expect(elements(columns.retentions)).toBe('00000004' + '05000000');
    expect(elements(columns.counts)).toBe('00000008' + '0000000000000003');
    expect(elements(columns.mins)).toBe('00000008' + 'fffffffffffffff9');
    // Six digits in base 10 000, of which the first counts 10 000 ^ 5, negative, without decimals.
    const sum = words(6, 5, 0x4000, 0, 11, 8059, 1620, 7174, 1130, 3424);
    expect(elements(columns.sums)).toBe('00000014' + sum);
    expect(columns).toMatchObject({ count: 1, slotGroups: [0], firstMinute: 258 });
  });

  it('has no min and max where no event had one', () => {
    const { rows: columns } = parse(rows({ valued: 0n, sum: 0n, min: 0n, max: 0n }));
    expect(columns.mins.toString('hex', 4, 8)).toBe('00000001');
    expect(elements(columns.maxs)).toBe('ffffffff');
  });

  it('has rows and names in the order of their keys, however they came', () => {
    const series = fc
      .constantFrom('00000000', '00000001', '80000000', 'ffffffff')
      .chain((first) =>
        fc
          .constantFrom('00', '7f', '80')
          .map((last) => Buffer.from(`${first}${last}`.padEnd(32, '0'), 'hex')),
      );
    const key = fc.tuple(series, fc.constantFrom(0, 1, 2 ** 30), fc.nat(5));
    const keyOf = ([id, minute, retention]: readonly [Buffer, number, number]) =>
      `${id.toString('hex')} ${minute.toString(16).padStart(8, '0')} 0${retention}000000`;
    fc.assert(
      fc.property(fc.uniqueArray(key, { selector: keyOf }), (keys) => {
        const made = keys.map(([id, minute, retention]) => ({
          ...row,
          series: id,
          minute,
          retention,
        }));
        const name = { project: 'p', type: 't', dimensions: '' };
        const named = keys.map((one) => ({ ...name, id: one[0], subject: keyOf(one) }));
        const { rows: columns, names } = parse({
          rows: encodeDeltaRows(made),
          seriesNames: encodeSeriesNames(named),
        });
        const [ids, minutes, retentions] = [columns.series, columns.minutes, columns.retentions];
        const found = keys.map((_, index) => {
          const id = ids.toString('hex', 24 + index * 20, 40 + index * 20);
          const minute = minutes.toString('hex', 24 + index * 8, 28 + index * 8);
          return `${id} ${minute} ${retentions.toString('hex', 24 + index * 8, 28 + index * 8)}`;
        });
        expect(found).toEqual(keys.map(keyOf).sort());
        const idsOfNames = keys.map((_, index) => {
          const at = 24 + index * 20;
          return names.ids.toString('hex', at, at + 16);
        });
        expect(idsOfNames).toEqual(keys.map(([id]) => id.toString('hex')).sort());
        if (keys.length === 0) return;
        const subjects = names.subjects.toString('latin1', 20);
        for (const [index, id] of idsOfNames.entries())
          expect(subjects.slice(index * 54 + 4, index * 54 + 36)).toBe(id);
      }),
    );
  });

  it('may be empty but for an instant', () => {
    const { partitions, rows: columns } = parse({ ranges: [], rows: Buffer.alloc(0), ledger: [] });
    expect(partitions).toEqual([{ ...partition, ranges: '{}', asOfMs: '5', position: '4' }]);
    expect(columns.series.length).toBe(12);
  });

  it.each<[string, Partial<Request>]>([
    ['a range that ends before it begins', { ranges: ranges([4, 4]) }],
    ['ranges that touch', { ranges: ranges([0, 4], [4, 5]) }],
    ['ranges that descend', { ranges: ranges([7, 8], [4, 5]) }],
    ['two lists for one partition', { ranges: [...ranges([0, 4]), ...ranges([7, 8])] }],
    ['two instants for one partition', { instants: [instant, instant] }],
    ['an instant before 1970', { instants: [{ partition, asOfMs: '-5', position: '0' }] }],
    ['a position before the first', { instants: [{ partition, asOfMs: '5', position: '-1' }] }],
    ['no partition', { instants: [{ partition: undefined, asOfMs: '5', position: '0' }] }],
    ['rows without ranges', { ranges: [], ledger: [] }],
    ['a ledger without ranges', { ranges: [], rows: Buffer.alloc(0) }],
    [
      'a ledger of another partition',
      { ledger: [{ ...entry, partition: { topic: 't', partition: 1 } }] },
    ],
    ['an hour twice', { ledger: [entry, entry] }],
    ['a count in the ledger that is none', { ledger: [{ ...entry, expired: '-1' }] }],
    ['rows that are cut', { rows: valid.rows.subarray(0, 70) }],
    ['a count of 0', rows({ count: 0n, valued: 0n })],
    ['a count past 2^63', rows({ count: 2n ** 63n })],
    ['more values than events', rows({ valued: 4n })],
    ['a retention class that nobody knows', rows({ retention: 6 })],
    ['a minute past the year 6000', rows({ minute: 2 ** 31 })],
    ['names that are cut', { seriesNames: nameOf('s').subarray(0, 20) }],
    ['a name with NUL', { seriesNames: nameOf('s\0') }],
    [
      'a name that is not UTF-8',
      { seriesNames: Buffer.concat([nameOf('é').subarray(0, -3), Buffer.from('e\0\0')]) },
    ],
  ])('with %s is refused', (_, wrong) => {
    expect(() => parse(wrong)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('with a row or a name of another shard is refused', () => {
    const never = () => false;
    expect(() => parse({}, never)).toThrow('slot 0 is not of this shard');
    const names = { rows: Buffer.alloc(0), seriesNames: nameOf('s') };
    expect(() => parse(names, never)).toThrow('slot 0 is not of this shard');
  });
});
