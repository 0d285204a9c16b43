import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ShardModel } from '@tally/testing/shard-model';
import fc from 'fast-check';
import type pg from 'pg';
import { acceptLoss, applyDelta, parseDelta, readCoverage } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { everySlot, instant, lossOf, names, request, row, TOPIC } from './support/requests.js';
import { mergedSketches, sketchesOf } from './support/sketches.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(() => forget());

const PARTITIONS = [0, 1, 2];
const SUBJECTS = ['a', 'b', 'c'];
const NONE = Buffer.alloc(0);

async function forget(): Promise<void> {
  await postgres.owner.query(
    'TRUNCATE minute_counters, series, coverage, ledger, accepted_losses, sketches',
  );
}

const someOffsets = fc
  .tuple(fc.nat(12), fc.integer({ min: 1, max: 6 }))
  .map(([from, length]) => [from, from + length] as const);

/** Ranges of some partitions, what they add, and instants that may claim too much. */
const someDelta = fc.record({
  ranges: fc.uniqueArray(fc.tuple(fc.constantFrom(...PARTITIONS), someOffsets), {
    selector: ([partition]) => partition,
    maxLength: 2,
  }),
  subjects: fc.uniqueArray(fc.constantFrom(...SUBJECTS), { maxLength: 3 }),
  instants: fc.uniqueArray(fc.tuple(fc.constantFrom(...PARTITIONS), fc.nat(100), fc.nat(16)), {
    selector: ([partition]) => partition,
    maxLength: 3,
  }),
});

/** Or that some offsets are given up. */
const someChange = fc.oneof(
  { weight: 4, arbitrary: someDelta },
  fc.tuple(fc.constantFrom(...PARTITIONS), someOffsets),
);

/** What Postgres has, in the words of the model. */
async function stored() {
  const { coverage, acceptedLosses } = await readCoverage(
    pool,
    PARTITIONS.map((partition) => ({ topic: TOPIC, partition })),
  );
  const instants = await pool.query<{ readonly partition: number; readonly at: string | null }>(
    'SELECT partition, as_of_ms AS at FROM coverage ORDER BY partition',
  );
  const counts = await pool.query<{ readonly subject: string; readonly count: string }>(
    'SELECT subject, sum(count)::text AS count FROM minute_counters JOIN series ON id = series GROUP BY 1 ORDER BY 1',
  );
  return {
    covered: coverage.map(({ ranges }) => ranges.map(({ from, to }) => `${from}-${to}`)),
    losses: PARTITIONS.map((number) =>
      acceptedLosses
        .filter(({ partition }) => partition?.partition === number)
        .flatMap(({ ranges }) => ranges.map(({ from, to }) => `${from}-${to}`)),
    ),
    instants: PARTITIONS.map((partition) => {
      const at = instants.rows.find((found) => found.partition === partition)?.at ?? undefined;
      return at === undefined ? undefined : Number(at);
    }),
    counts: counts.rows.map(({ subject, count }) => `${subject} ${count}`),
    sketches: await mergedSketches(pool),
  };
}

function modelled(model: ShardModel) {
  const covered = model.covered(PARTITIONS);
  const texts = (ranges: ShardModel['losses'], partition: number) =>
    [...(ranges.get(partition) ?? [])].map(({ from, to }) => `${from}-${to}`);
  return {
    covered: PARTITIONS.map((partition) => texts(covered, partition)),
    losses: PARTITIONS.map((partition) => texts(model.losses, partition)),
    instants: PARTITIONS.map((partition) => model.instantOf(partition)),
    counts: SUBJECTS.flatMap((subject) => {
      const count = model.countOf(subject);
      return count === 0n ? [] : [`${subject} ${count}`];
    }),
    sketches: model.sketches,
  };
}

describe('the model of a shard in memory', () => {
  it('says and becomes what Postgres does, whatever deltas and losses come', async () => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(someChange, { minLength: 1, maxLength: 12, size: 'max' }),
        async (changes) => {
          await forget();
          const model = new ShardModel(0);
          for (const change of changes) {
            if (Array.isArray(change)) {
              const [partition, [from, to]] = change;
              await acceptLoss(pool, lossOf(partition, from, to));
              model.acceptLoss(partition, BigInt(from), BigInt(to));
              expect(await stored()).toEqual(modelled(model));
              continue;
            }
            const { ranges, subjects, instants } = change;
            const told = request(
              Object.fromEntries(ranges.map(([partition, range]) => [partition, [range]])),
              ranges.length === 0 ? [] : subjects.map((subject) => row(subject, 1)),
              {
                seriesNames: names(...subjects),
                sketches: ranges.length === 0 ? NONE : sketchesOf(...subjects),
                instants: instants.map(([partition, asOf, position]) =>
                  instant(partition, asOf, position),
                ),
              },
            );
            const { kind } = await applyDelta(pool, parseDelta(told, everySlot));
            outcomes.add(kind);
            const modelledKind = model.apply({ shard: 0, epoch: '1', ...told });
            expect(modelledKind.replace('_', ' ')).toBe(kind);
            expect(await stored()).toEqual(modelled(model));
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(outcomes).toEqual(new Set(['applied', 'already applied', 'overlap']));
  }, 120_000);
});
