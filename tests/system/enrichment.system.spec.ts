import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { askShards } from './ask-shards.js';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const ADMIN_KEY = 'master';
const SUBJECT = 'video/42 ü';
const COUNTS = `SELECT dimensions, sum(count)::int AS count
  FROM series JOIN minute_counters ON series = id
  WHERE type = 'watch' AND subject = '${SUBJECT}' GROUP BY 1`;

let tally: PrivateStack;
beforeAll(async () => {
  tally = await startPrivateStack({ TALLY_ADMIN_KEY: ADMIN_KEY });
}, 120_000);
afterAll(() => tally.stop(), 60_000);

async function administer(method: 'PUT' | 'DELETE', path: string, document?: object) {
  const key = tally.secrets?.passwordOf('definitions-key') ?? ADMIN_KEY;
  const response = await fetch(`${tally.addresses.gateway}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(document === undefined ? {} : { body: JSON.stringify(document) }),
  });
  expect([200, 201]).toContain(response.status);
  return response.json();
}

const catalog = `/v1/catalog/${encodeURIComponent(SUBJECT)}`;
const putOwner = (owner: string) =>
  administer('PUT', catalog, { fields: { owner, title: 'Of a video' } });

let sent = 0;
async function watch(events: number): Promise<void> {
  const batch = Array.from({ length: events }, () => ({
    id: `watch-${sent++}`,
    type: 'watch',
    subject: SUBJECT,
    attributes: { owner: 'whoever sends it', country: 'PT' },
  }));
  const response = await tally.ask('/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(batch),
  });
  expect(await response.json()).toMatchObject({ accepted: events, rejected: 0 });
}

/** By what dimensions are called: how many events each of the subject's series has. */
async function counts(): Promise<Record<string, number>> {
  const shards = await askShards<{ dimensions: string; count: number }>(tally.addresses, COUNTS);
  return Object.fromEntries(shards.flat().map(({ dimensions, count }) => [dimensions, count]));
}

const counted = (events: number) =>
  eventually('all is counted', async () => (await counts())[''] === events, {
    timeoutMs: 60_000,
  });

describe('views per owner', () => {
  it('are those of who owned it when they were taken in, across changes of the owner', async () => {
    await administer('PUT', '/v1/event-types/watch', {
      dimensions: ['country'],
      enriched: ['owner'],
    });
    await watch(1);
    await putOwner('ann');
    await watch(3);
    await putOwner('bob');
    await watch(2);
    const read = () => tally.ask(catalog);
    expect(await (await read()).json()).toMatchObject({
      subject: SUBJECT,
      fields: { owner: 'bob', title: 'Of a video' },
    });
    await administer('DELETE', catalog);
    expect((await read()).status).toBe(404);
    await watch(4);
    await counted(10);
    expect(await counts()).toEqual({
      '': 10,
      '{"country":"PT"}': 5,
      '{"country":"PT","owner":"ann"}': 3,
      '{"country":"PT","owner":"bob"}': 2,
    });
  }, 120_000);

  it('stay so when the processor has lost its copy of the catalogue', async () => {
    const processor = tally.stack.process('processor');
    const before = processor.pid;
    processor.signal('SIGKILL');
    rmSync(join(tally.dir, 'catalog'), { recursive: true, force: true });
    await putOwner('cy');
    await watch(2);
    await eventually('the processor runs again', async () => processor.pid !== before);
    await putOwner('dee');
    await watch(1);
    await counted(13);
    expect(await counts()).toEqual({
      '': 13,
      '{"country":"PT"}': 5,
      '{"country":"PT","owner":"ann"}': 3,
      '{"country":"PT","owner":"bob"}': 2,
      '{"country":"PT","owner":"cy"}': 2,
      '{"country":"PT","owner":"dee"}': 1,
    });
  }, 120_000);
});
