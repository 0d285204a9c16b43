import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { catalogKey, decodeCatalogChange, encodeCatalogFields } from '@tally/contracts';
import { CatalogHistory } from '@tally/counting';
import type { KeyedRecord } from '@tally/log-client';
import type { Logger } from '@tally/service-kit';
import fc from 'fast-check';
import { CatalogStore } from '../src/catalog-store.js';

jest.setTimeout(120_000);

const TOPIC = 'catalog-0123456789abcdef';
const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
const SUBJECTS = ['a', 'a\u0001', 'ab', 'x'.repeat(512)];

/** What one record says: of which subject, and which owner; 0: it is deleted; -1: no entry. */
type Said = readonly [number, number];

const recordOf = ([subject, owner]: Said, offset: number): KeyedRecord => ({
  offset: BigInt(offset),
  timestampMs: offset,
  key: owner < 0 ? null : catalogKey('default', SUBJECTS[subject] ?? ''),
  value: owner < 1 ? null : encodeCatalogFields({ owner: `o${owner}` }),
});
const recordsOf = (said: readonly Said[]) => said.map(recordOf);

function historyOf(records: readonly KeyedRecord[]): CatalogHistory {
  const history = new CatalogHistory();
  for (const { key, value } of records) history.apply(decodeCatalogChange(key, value));
  return history;
}

/** Every subject at every position up to where the store is, as the rule has it. */
function expectSame(store: CatalogStore, records: readonly KeyedRecord[]): void {
  const history = historyOf(records);
  for (let position = 0n; position <= store.position; position++)
    for (const subject of SUBJECTS)
      expect([position, store.fields('default', subject, position)]).toEqual([
        position,
        history.fields('default', subject, position),
      ]);
}

const MANY = recordsOf(Array.from({ length: 400 }, (_, at) => [at % 4, at % 7] as const));

describe('a catalogue on this disk', () => {
  const root = mkdtempSync(join(tmpdir(), 'tally-catalog-store-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let made = 0;
  const newDir = () => join(root, String(made++));
  const open = (dir: string, topic = TOPIC) => CatalogStore.open(dir, topic, SILENT);

  /** A folder with all records, and nobody in it. */
  async function filled(): Promise<string> {
    const dir = newDir();
    const store = await open(dir);
    await store.apply(MANY);
    await store.close();
    return dir;
  }

  it('says what the rule says, however it is read on, asked meanwhile and opened again', async () => {
    const said = fc.tuple(fc.nat(SUBJECTS.length - 1), fc.integer({ min: -1, max: 3 }));
    const batches = fc.array(
      fc.record({ batch: fc.array(said, { maxLength: 5 }), reopens: fc.boolean() }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (steps) => {
        const dir = newDir();
        let store = await open(dir);
        const records = recordsOf(steps.flatMap(({ batch }) => batch));
        let at = 0;
        for (const { batch, reopens } of steps) {
          const malformed = await store.apply(records.slice(at, at + batch.length));
          expect(malformed).toHaveLength(batch.filter(([, owner]) => owner < 0).length);
          at += batch.length;
          expect(store.position).toBe(BigInt(at));
          expectSame(store, records);
          if (!reopens) continue;
          await store.close();
          store = await open(dir);
        }
        expect(store.reaches(BigInt(at + 1))).toBe(false);
        expect(() => store.fields('default', 'a', BigInt(at + 1))).toThrow(RangeError);
        await store.close();
      }),
      { numRuns: 30 },
    );
  });

  it('is whole wherever a kill meets it: what it says to have it has', async () => {
    const dir = newDir();
    const store = await open(dir);
    for (let at = 0; at < MANY.length; at += 40) {
      const applied = store.apply(MANY.slice(at, at + 40));
      const image = newDir();
      cpSync(join(dir, TOPIC), join(image, TOPIC), { recursive: true });
      await applied;
      const left = await open(image);
      expect([BigInt(at), BigInt(at + 40)]).toContain(left.position);
      expectSame(left, MANY);
      await left.apply(MANY.slice(Number(left.position)));
      expectSame(left, MANY);
      await left.close();
    }
    await store.close();
  });

  it('takes no records behind a gap, as it would miss what was between', async () => {
    const store = await open(newDir());
    await store.apply(MANY.slice(0, 2));
    await expect(store.apply(MANY.slice(3))).rejects.toMatchObject({ code: 'unavailable' });
    expect(store.position).toBe(2n);
    await store.close();
  });

  it('is one process’s alone: another one has a copy of its own, and who begins again the first', async () => {
    const dir = newDir();
    const [one, other] = [await open(dir), await open(dir)];
    await one.apply(MANY.slice(0, 9));
    await other.apply(MANY.slice(0, 4));
    expect([one.position, other.position]).toEqual([9n, 4n]);
    for (const store of [one, other]) {
      expectSame(store, MANY);
      await store.close();
    }
    const again = await open(dir);
    expect(again.position).toBe(9n);
    await again.close();
  });

  it.each<[string, (file: string, dir: string) => void]>([
    ['has bytes of others', (file) => writeFileSync(file, 'x'.repeat(20_000))],
    ['is empty', (file) => truncateSync(file)],
    [
      'ended the process that opened it',
      (_, dir) => writeFileSync(join(dir, TOPIC, '0/opening'), ''),
    ],
  ])('is made anew when it %s', async (_, damage) => {
    const dir = await filled();
    damage(join(dir, TOPIC, '0/lmdb/data.mdb'), dir);
    const store = await open(dir);
    expect(store.position).toBe(0n);
    await store.apply(MANY);
    expectSame(store, MANY);
    await store.close();
  });

  it('is made anew when it is that of another topic, and kept when it is not (control)', async () => {
    const dir = await filled();
    const same = await open(dir);
    expect(same.position).toBe(BigInt(MANY.length));
    await same.close();
    const other = 'catalog-fedcba9876543210';
    cpSync(join(dir, TOPIC), join(dir, other), { recursive: true });
    const store = await open(dir, other);
    expect(store.position).toBe(0n);
    await store.apply(MANY.slice(0, 1));
    expect(store.fields('default', 'ab', 1n)).toBeUndefined();
    await store.close();
  });
});
