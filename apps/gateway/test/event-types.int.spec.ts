import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { EVENT_TYPES_NODE } from '@tally/contracts';
import { INSTALLATION_NODE } from '@tally/placement';
import { OPENAPI } from '../src/openapi/openapi-document.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
let other: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway({ TALLY_ADMIN_KEY: 'master' });
  other = await fixture.gateway({ TALLY_ADMIN_KEY: 'master' });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

async function put(
  type: string,
  document: unknown,
  at = gateway,
  contentType = 'application/json',
) {
  const response = await fetch(`${at.url}/v1/event-types/${type}`, {
    method: 'PUT',
    headers: { authorization: 'Bearer master', 'content-type': contentType },
    body: typeof document === 'string' ? document : JSON.stringify(document),
  });
  const documented = OPENAPI.paths['/v1/event-types/{type}'].put.responses;
  expect(Object.keys(documented)).toContain(String(response.status));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function get(path: string, at = gateway): Promise<Record<string, unknown>> {
  const response = await fetch(`${at.url}/v1/event-types${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

const send = (events: unknown, at = gateway) =>
  fetch(`${at.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });

describe('event types', () => {
  it('are defined, kept in all versions, and the same definition makes no new one', async () => {
    expect(await get('/share')).toEqual({
      type: 'share',
      version: 0,
      dimensions: [],
      enriched: [],
      cardinalityLimit: 1000,
      maxAgeSeconds: null,
      retention: 'ever',
      uniques: [],
      quantiles: false,
      versions: [],
    });
    const given = { maxAgeSeconds: 604_800, quantiles: true };
    const first = await put('share', {
      dimensions: ['to', 'from'],
      uniques: ['to', 'by'],
      ...given,
    });
    const one = {
      version: first.body['version'],
      dimensions: ['from', 'to'],
      enriched: [],
      cardinalityLimit: 1000,
      maxAgeSeconds: 604_800,
      retention: 'ever',
      uniques: ['by', 'to'],
      quantiles: true,
    };
    expect(first).toEqual({ status: 201, body: { type: 'share', ...one } });
    const again = await put('share', {
      dimensions: ['from', 'to'],
      uniques: ['by', 'to'],
      ...given,
    });
    expect(again).toEqual({ ...first, status: 200 });
    const second = await put('share', { enriched: ['owner', 'category'], retention: '30d' });
    const two = {
      version: Number(one.version) + 1,
      dimensions: [],
      enriched: ['category', 'owner'],
      cardinalityLimit: 1000,
      maxAgeSeconds: null,
      retention: '30d',
      uniques: [],
      quantiles: false,
    };
    expect(second).toEqual({ status: 200, body: { type: 'share', ...two } });
    expect(await get('/share')).toEqual({ type: 'share', ...two, versions: [one, two] });
    expect(await get('')).toMatchObject({
      version: two.version,
      eventTypes: expect.arrayContaining([{ type: 'share', ...two }]),
    });
  });

  it('that two gateways define at once are all kept, each in its version', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `race-${index}`);
    const answers = await Promise.all(
      names.map((name, index) => put(name, { retention: '7d' }, index % 2 === 0 ? gateway : other)),
    );
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
    const versions = answers.map(({ body }) => Number(body['version'])).sort((a, b) => a - b);
    expect(new Set(versions).size).toBe(names.length);
    const nodes = await fixture.session.children(EVENT_TYPES_NODE);
    expect(nodes.map(Number)).toEqual(nodes.map((_, index) => index + 1));
    await eventually('both know all', async () => {
      const [here, there] = await Promise.all([get(''), get('', other)]);
      return JSON.stringify(here) === JSON.stringify(there) && here['version'] === nodes.length;
    });
  });

  it('hold for the events that come after: their version goes with them, and their maximum age', async () => {
    const old = { id: 'e', type: 'fresh', subject: 's', time: '2026-01-01T00:00:00Z' };
    expect((await send(old)).status).toBe(202);
    const { body } = await put('fresh', { maxAgeSeconds: 60 });
    const late = await send([old, { id: 'f', type: 'fresh', subject: 's' }]);
    expect(await late.json()).toMatchObject({
      accepted: 1,
      results: [{ index: 0, code: 'time_out_of_range' }],
    });
    const versions = fixture.appends.map(({ registryVersion }) => registryVersion);
    expect(versions[1]).toBe(body['version']);
    expect(versions[0]).toBeLessThan(Number(versions[1]));
    await eventually('the other gateway knows it too', async () => {
      return (await send(old, other)).status === 422;
    });
  });

  it.each([
    ['share', '{', 'malformed'],
    ['share', '', 'JSON object'],
    ['share', '[]', 'expected an object'],
    ['share', '{"keep":"ever"}', 'got "keep"'],
    ['share', '{"retention":"2d"}', 'one of 1d'],
    ['share', '{"maxAgeSeconds":0.5}', 'from 1 second'],
    ['share', '{"maxAgeSeconds":"60"}', 'from 1 second'],
    ['share', '{"maxAgeSeconds":315360001}', 'to 10 years'],
    ['share', '{"dimensions":["a","a"]}', 'each dimension once'],
    ['share', '{"uniques":["a","a"]}', 'each unique attribute once'],
    ['share', '{"uniques":["1","2","3","4","5"]}', 'at most 4'],
    ['share', '{"quantiles":0.95}', 'true or false'],
    ['share', '{"dimensions":["1","2","3","4","5","6","7","8","9"]}', 'at most 8'],
    ['share', '{"enriched":["1","2","3","4","5"]}', 'at most 4 enriched'],
    ['share', '{"dimensions":["a"],"enriched":["a"]}', 'no name in both'],
    ['Share', '{}', 'expected an event type'],
    ['share?x=1', '{}', 'no parameters'],
  ])('%s with %s is refused', async (type, document, detail) => {
    const before = await fixture.session.children(EVENT_TYPES_NODE);
    const { status, body } = await put(type, document);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(body['detail']).toContain(detail);
    expect(await fixture.session.children(EVENT_TYPES_NODE)).toEqual(before);
  });

  it('are JSON', async () => {
    const { status } = await put('share', '{}', gateway, 'application/x-ndjson');
    expect(status).toBe(415);
  });
});

describe('a version of the event types', () => {
  const versionsSent = () => fixture.appends.map(({ registryVersion }) => registryVersion);

  it('is used when a shard has noted it, and not before', async () => {
    const { body } = await put('noted', { dimensions: ['a'] });
    fixture.shard.pause();
    const refused = await put('noted', { dimensions: ['a', 'b'] });
    expect(refused.status).toBe(503);
    expect(String(refused.body['detail'])).toContain('no shard has noted version');
    expect((await send([{ type: 'noted', subject: 's' }])).status).toBe(202);
    expect(versionsSent()).toEqual([body['version']]);
    fixture.shard.resume();
    await eventually('it is used', async () => {
      await send([{ type: 'noted', subject: 's' }]);
      return versionsSent().at(-1) === Number(body['version']) + 1;
    });
    expect((await put('noted', { dimensions: ['a', 'b'] })).status).toBe(200);
  }, 30_000);

  it('is not made in a ZooKeeper that came back empty, and those that are known stay in force', async () => {
    const { body } = await put('known', { dimensions: ['a'] });
    const { session } = fixture;
    const node = await session.get(INSTALLATION_NODE);
    await session.delete(INSTALLATION_NODE);
    const refused = await eventually('it is seen', async () => {
      const answer = await put('known', { dimensions: ['b'] });
      return answer.status === 503 && answer;
    });
    expect(String(refused.body['detail'])).toContain('tools/installation restore');
    await eventually('it says so', async () => {
      const ready = await fetch(`${gateway.adminUrl}/health/ready`);
      return (await ready.text()).includes('"installation":{"ok":false');
    });
    expect((await send([{ type: 'known', subject: 's' }])).status).toBe(202);
    expect(versionsSent()).toEqual([body['version']]);
    await session.create(INSTALLATION_NODE, node?.data ?? Buffer.alloc(0));
    await eventually('it goes on', async () => {
      const { status } = await put('known', { dimensions: ['b'] });
      return status === 200;
    });
  }, 30_000);
});
