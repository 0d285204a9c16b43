import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_BYTES, type clusterProxy, type shardProxy } from '@tally/contracts';
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

const TOPIC = 'events-0123456789abcdef';
const GIVEN = { partition: 1, from: 5, to: 9, by: 'ann', reason: 'a disk went bad' };

async function call(method: 'GET' | 'POST', body?: unknown, key = 'master', query = '') {
  const response = await fetch(`${gateway.url}/v1/admin/losses${query}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const operation = method === 'GET' ? 'get' : 'post';
  const documented = OPENAPI.paths['/v1/admin/losses'][operation].responses;
  expect(Object.keys(documented)).toContain(String(response.status));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const booked = (
  loss: shardProxy.Loss,
  lostRecords: string,
  more: Partial<shardProxy.Loss> = {},
) => ({
  losses: [{ ...loss, lostRecords, ...more }],
});
const failure = (code: string) => ({ code, message: 'not for callers' });

beforeEach(() => {
  fixture.onGetBounds = async () => ({
    topic: TOPIC,
    partitions: [
      { partition: 0, low: '0', high: '9' },
      { partition: 1, low: '9', high: '12' },
    ],
  });
});

describe('accepting a loss', () => {
  it('books it in every shard, under the topic that the log has', async () => {
    const asked: clusterProxy.AcceptLossRequest[] = [];
    fixture.onAcceptLoss = async (request) => {
      asked.push(request);
      const { loss } = request;
      if (loss === undefined) throw new Error('expected a loss');
      const earlier = { acceptedBy: 'bob', acceptedAtMs: '1000' };
      return {
        shards: [
          { shard: 0, losses: booked(loss, '4') },
          { shard: 1, losses: booked(loss, '1', earlier) },
        ],
      };
    };
    expect(await call('POST', GIVEN)).toEqual({
      status: 200,
      body: {
        ...GIVEN,
        topic: TOPIC,
        by: 'bob',
        acceptedAt: '1970-01-01T00:00:01.000Z',
        shards: [
          { shard: 0, lostRecords: 4 },
          { shard: 1, lostRecords: 1 },
        ],
      },
    });
    expect(asked).toMatchObject([
      {
        loss: {
          partition: { topic: TOPIC, partition: 1 },
          from: '5',
          to: '9',
          acceptedBy: 'ann',
          reason: GIVEN.reason,
        },
      },
    ]);
  });

  it('names the shards that have not booked it, and asks for the same again', async () => {
    fixture.onAcceptLoss = async ({ loss }) => ({
      shards: [
        { shard: 0, losses: booked(loss as shardProxy.Loss, '4') },
        { shard: 1, failure: failure('unavailable') },
      ],
    });
    const { status, body } = await call('POST', GIVEN);
    expect(status).toBe(503);
    expect(body['detail']).toBe(
      'not booked by shard 1 (unavailable); booked by shard 0: the same request again finishes it',
    );
    fixture.onAcceptLoss = async () => ({ shards: [{ shard: 0, failure: failure('internal') }] });
    expect((await call('POST', GIVEN)).status).toBe(500);
  });

  it.each([
    [{ ...GIVEN, to: 10 }, 'out_of_range', 'expected offsets below 9'],
    [{ ...GIVEN, partition: 0 }, 'out_of_range', 'expected offsets below 0'],
    [{ ...GIVEN, partition: 2 }, 'out_of_range', 'partition from 0 to 1'],
    [{ ...GIVEN, from: 9 }, 'invalid_argument', 'from below to'],
    [{ ...GIVEN, from: -1 }, 'invalid_argument', 'first offset'],
    [{ ...GIVEN, by: '' }, 'invalid_argument', 'who accepts'],
    [{ ...GIVEN, reason: 'é'.repeat(501) }, 'invalid_argument', 'why the records'],
    [{ ...GIVEN, force: true }, 'invalid_argument', 'got "force"'],
    [[], 'invalid_argument', 'expected an object'],
  ])('of %j is refused, and no shard hears of it', async (document, code, detail) => {
    fixture.onAcceptLoss = () => Promise.reject(new Error('a shard was asked'));
    const { status, body } = await call('POST', document);
    expect({ status, code: body['code'] }).toEqual({ status: 400, code });
    expect(body['detail']).toContain(detail);
  });

  it('waits for a log that can be asked', async () => {
    fixture.onGetBounds = () => Promise.reject(new Refusal('unavailable'));
    fixture.onAcceptLoss = () => Promise.reject(new Error('a shard was asked'));
    expect((await call('POST', GIVEN)).status).toBe(503);
  });

  it('is for those who have the admin key, and so is the list', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const body = method === 'POST' ? GIVEN : undefined;
      expect((await call(method, body, 'secret')).status).toBe(403);
      expect((await call(method, body, 'other')).status).toBe(401);
    }
  });
});

describe('the list of losses', () => {
  const list = (query = '') => call('GET', undefined, 'master', query);
  const loss = (partition: number, from: string): shardProxy.Loss => ({
    partition: { topic: TOPIC, partition },
    from,
    to: '2000',
    acceptedBy: 'ann',
    reason: 'why not',
    acceptedAtMs: '1000',
    lostRecords: '2',
  });

  it('has each once, with the shards that have booked it, and names shards that are away', async () => {
    fixture.onListLosses = async () => ({
      shards: [
        { shard: 0, losses: { losses: [loss(0, '10'), loss(3, '1')] } },
        { shard: 1, losses: { losses: [loss(0, '2'), loss(3, '1')] } },
        { shard: 2, failure: failure('unavailable') },
      ],
    });
    const { body } = await list();
    expect(body).toMatchObject({
      losses: [
        { partition: 0, from: 2, shards: [{ shard: 1, lostRecords: 2 }] },
        { partition: 0, from: 10, shards: [{ shard: 0 }] },
        { partition: 3, from: 1, shards: [{ shard: 0 }, { shard: 1 }] },
      ],
      missingShards: [2],
    });
    expect(body).not.toHaveProperty('next');
  });

  it('comes in pages that leave nothing out, whichever shard has what', async () => {
    const all = Array.from({ length: 40 }, (_, at) => ({ at, loss: loss(at >> 3, String(at)) }));
    // Some are booked by one shard alone, in stretches, and some by both.
    const bookedBy = [
      all.filter(({ at }) => at % 7 < 5),
      all.filter(({ at }) => at % 5 > 1 || at < 9),
    ];
    const placeOf = ({ partition, from, to }: shardProxy.LossPlace) =>
      [partition?.partition, from, to].map((part) => String(part).padStart(6, '0')).join(' ');
    const limits = new Set<number>();
    fixture.onListLosses = async ({ after, limit }) => {
      limits.add(limit);
      const isAsked = (one: shardProxy.Loss) => !after || placeOf(one) > placeOf(after);
      return {
        shards: bookedBy.map((own, shard) => {
          const losses = own.map((one) => one.loss).filter(isAsked);
          return { shard, losses: { losses: losses.slice(0, limit) } };
        }),
      };
    };
    const found: unknown[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const { status, body } = await list(`?limit=7&after=${next}`);
      expect(status).toBe(200);
      const losses = body['losses'] as { from: number; shards: object[] }[];
      expect(losses.length).toBeLessThanOrEqual(7);
      found.push(...losses.map(({ from, shards }) => [from, shards.length]));
      next = body['next'] as string | undefined;
    }
    expect(found).toEqual(
      all.flatMap(({ at }) => {
        const shards = bookedBy.filter((own) => own.some((one) => one.at === at)).length;
        return shards === 0 ? [] : [[at, shards]];
      }),
    );
    expect(limits).toEqual(new Set([7]));
  });

  it('is asked for in the right words, or told what those are', async () => {
    const { status, body } = await list('?limit=501&after=here&limits=3');
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_argument' });
    for (const part of ['limit to be 1 to 500', 'what next was in an answer', 'limits'])
      expect(body['detail']).toContain(part);
  });

  it('that does not fit into a message is refused, and what to ask for instead is said', async () => {
    const message = 'x'.repeat(MAX_MESSAGE_BYTES);
    fixture.onListLosses = async () => ({
      shards: [{ shard: 0, failure: { code: 'unavailable', message } }],
    });
    const { status, body } = await list();
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'invalid_argument' });
    expect(body['detail']).toContain('ask for fewer at once (limit)');
  });
});
