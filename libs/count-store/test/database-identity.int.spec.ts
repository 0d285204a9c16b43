import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import type pg from 'pg';
import { applyDelta, readCoverage } from '../src/index.js';
import { PostgresFixture } from './support/database.js';
import { delta, row } from './support/requests.js';

const postgres = new PostgresFixture();
let pool: pg.Pool;
beforeAll(async () => {
  pool = await postgres.startShard();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);

async function identityOfCoverage() {
  const { systemIdentifier, timelineId, startedAtMs } = await readCoverage(pool, []);
  return { systemIdentifier, timelineId, startedAtMs };
}

describe('the identity of a database', () => {
  it('is the same in all its answers', async () => {
    const identity = await identityOfCoverage();
    const { identity: ofDelta } = await applyDelta(
      pool,
      delta({ 0: [[0, 1]] }, [row('video-1', 1)]),
    );
    expect(ofDelta).toEqual(identity);
    expect(await identityOfCoverage()).toEqual(identity);
  });

  it('is another when Postgres was started again: its files may be an older copy', async () => {
    const { startedAtMs, ...before } = await identityOfCoverage();
    await postgres.kill();
    await postgres.revive();
    const after = await eventually('it answers', () => identityOfCoverage().catch(() => undefined));
    expect(after).toMatchObject(before);
    expect(Number(after.startedAtMs)).toBeGreaterThan(Number(startedAtMs));
  });
});
