import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { numericColumn } from '../src/binary-arrays.js';
import { PostgresFixture } from './support/database.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  await postgres.start();
  pool = postgres.pool(postgres.url);
}, 120_000);
afterAll(() => postgres.stop(), 60_000);

const edges = [
  1n,
  9999n,
  10_000n,
  10n ** 8n,
  2n ** 52n,
  2n ** 53n,
  2n ** 63n,
  10n ** 20n,
  2n ** 127n,
];
const near = fc
  .constantFrom(...edges)
  .chain((edge) => fc.bigInt({ min: edge - 2n, max: edge + 2n }));
const number = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
    fc.maxSafeInteger().map(BigInt),
    near,
  )
  .chain((value) => fc.constantFrom(value, -value))
  .filter((value) => value >= -(2n ** 127n) && value < 2n ** 127n);

describe('a column of numbers of 128 bits', () => {
  it('is read by Postgres as the same numbers', async () => {
    const lists = fc.asyncProperty(fc.array(number, { maxLength: 40 }), async (numbers) => {
      const bytes = Buffer.alloc(numbers.length * 16);
      for (const [index, value] of numbers.entries()) {
        bytes.writeBigInt64BE(value >> 64n, index * 16);
        bytes.writeBigUInt64BE(BigInt.asUintN(64, value), index * 16 + 8);
      }
      const starts = Uint32Array.from(numbers, (_, index) => index * 16);
      const { rows } = await pool.query<{ value: string }>(
        'SELECT value::text FROM unnest($1::numeric[]) WITH ORDINALITY AS t(value, place) ORDER BY place',
        [numericColumn(bytes, starts, 0)],
      );
      expect(rows.map(({ value }) => value)).toEqual(numbers.map(String));
    });
    await fc.assert(lists, { numRuns: 200 });
  }, 60_000);
});
