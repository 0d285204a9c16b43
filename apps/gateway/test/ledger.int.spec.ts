import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HOUR_MS, MAX_MESSAGE_BYTES, type clusterProxy, type shardProxy } from '@tally/contracts';
import { Refusal } from '@tally/testing/stub-service';
import { OPENAPI } from '../src/openapi/openapi-document.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway({ TALLY_API_KEY: 'secret', TALLY_ADMIN_KEY: 'master' });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

async function read(query: string, key = 'master') {
  const response = await fetch(`${gateway.url}/v1/admin/ledger${query}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const documented = OPENAPI.paths['/v1/admin/ledger'].get.responses;
  expect(Object.keys(documented)).toContain(String(response.status));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const START = '2026-01-31T12:00:00Z';
const HOUR = Date.parse(START) / HOUR_MS;
const entry = (hour: number, counted: string, conflicting = '1'): shardProxy.LedgerEntry => ({
  partition: undefined,
  hour,
  counted,
  duplicates: '2',
  conflicting,
  tooLate: '0',
  dead: '3',
  expired: '4',
  replayed: '1',
});
const failure = { code: 'unavailable', message: 'not for callers' };

describe('the ledger', () => {
  it('that does not fit into a message is refused, and what to ask for instead is said', async () => {
    const of = (bytes: number): clusterProxy.LedgerResponse => ({
      shards: [
        { shard: 0, ledger: { hours: [entry(HOUR, '5')] } },
        { shard: 1, failure: { code: 'unavailable', message: 'x'.repeat(bytes) } },
      ],
    });
    const tooLarge = async () => {
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return /messages_too_large_total\{service="query",method="ReadLedger"\} (\d+)/.exec(
        metrics,
      )?.[1];
    };
    fixture.onReadLedger = async () => of(MAX_MESSAGE_BYTES);
    const { status, body } = await read(`?from=${START}&to=2026-01-31T13:00:00Z`);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(body['detail']).toBe(
      'expected a question whose answer has at most 16777216 bytes between our services, it has more: ask for fewer hours (from, to) or for one partition',
    );
    expect(await tooLarge()).toBe('1');
    // Control: one that fits is answered.
    fixture.onReadLedger = async () => of(MAX_MESSAGE_BYTES - 1000);
    expect((await read(`?from=${START}&to=2026-01-31T13:00:00Z`)).status).toBe(200);
    expect(await tooLarge()).toBe('1');
  });

  it('has the sums of all shards by hour, and names shards that are away', async () => {
    const asked: clusterProxy.ReadLedgerRequest[] = [];
    fixture.onReadLedger = async (request) => {
      asked.push(request);
      return {
        shards: [
          { shard: 0, ledger: { hours: [entry(HOUR, '5'), entry(HOUR + 1, '7')] } },
          { shard: 1, failure },
          { shard: 2, ledger: { hours: [entry(HOUR, '9007199254740992', '0')] } },
        ],
      };
    };
    const { status, body } = await read(`?from=2026-01-31T12:20:00Z&to=2026-01-31T13:00:01Z`);
    expect(status).toBe(200);
    const others = { duplicates: 4, tooLate: 0, dead: 6, expired: 8, replayed: 2 };
    expect(body).toEqual({
      from: START,
      to: '2026-01-31T14:00:00Z',
      missingShards: [1],
      total: {
        counted: '9007199254741004',
        duplicates: 6,
        conflicting: 2,
        tooLate: 0,
        dead: 9,
        expired: 12,
        replayed: 3,
      },
      hours: [
        { start: START, counted: '9007199254740997', conflicting: 1, ...others },
        {
          start: '2026-01-31T13:00:00Z',
          counted: 7,
          duplicates: 2,
          conflicting: 1,
          tooLate: 0,
          dead: 3,
          expired: 4,
          replayed: 1,
        },
      ],
    });
    expect(asked).toEqual([{ fromHour: HOUR, toHour: HOUR + 2 }]);
  });

  it('is that of the last 24 hours where nothing else is asked, and of one partition', async () => {
    const asked: clusterProxy.ReadLedgerRequest[] = [];
    fixture.onReadLedger = async (request) => {
      asked.push(request);
      return { shards: [{ shard: 0, ledger: { hours: [] } }] };
    };
    const before = Math.floor(Date.now() / HOUR_MS) - 24;
    const { body } = await read('?partition=7');
    expect(body).toMatchObject({ hours: [], total: { counted: 0, conflicting: 0 } });
    expect(asked).toMatchObject([{ partition: 7 }]);
    const [{ fromHour, toHour } = { fromHour: 0, toHour: 0 }] = asked;
    expect([before, before + 1]).toContain(fromHour);
    expect([24, 25]).toContain(toHour - fromHour);
  });

  it.each([
    ['?from=-32d', 'expected at most 744 hours'],
    ['?from=2026-01-31T12:00:00', 'its offset is missing'],
    ['?partition=-1', 'expected partition to be the number of one'],
    ['?partition=2147483648', 'expected partition to be the number of one'],
    ['?partition=1&partition=2', 'expected partition once'],
    ['?hour=1', 'expected parameters among from, to, partition'],
  ])('with %s is refused, and no shard is asked', async (query, detail) => {
    fixture.onReadLedger = () => Promise.reject(new Error('a shard was asked'));
    const { status, body } = await read(query);
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_argument' });
    expect(body['detail']).toContain(detail);
  });

  it('is not there while no shard answers', async () => {
    fixture.onReadLedger = async () => ({ shards: [{ shard: 0, failure }] });
    expect((await read('')).status).toBe(503);
    fixture.onReadLedger = () => Promise.reject(new Refusal('unavailable'));
    expect((await read('')).status).toBe(503);
  });

  it('is for those who have the admin key', async () => {
    expect((await read('', 'secret')).status).toBe(403);
    expect((await read('', 'other')).status).toBe(401);
  });
});
