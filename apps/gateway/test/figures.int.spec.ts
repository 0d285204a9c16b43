import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Refusal } from '@tally/testing/stub-service';
import { OPENAPI } from '../src/openapi/openapi-document.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway({ TALLY_ADMIN_KEY: 'master' });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

async function ask(more: Record<string, string>) {
  const parameters = new URLSearchParams({
    subject: 'shop-7',
    from: '2026-01-01',
    to: '2026-01-02',
    granularity: 'hour',
    ...more,
  });
  const response = await fetch(`${gateway.url}/v1/stats?${parameters.toString()}`);
  expect(Object.keys(OPENAPI.paths['/v1/stats'].get.responses)).toContain(String(response.status));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const define = (type: string, document: object) =>
  fetch(`${gateway.url}/v1/event-types/${type}`, {
    method: 'PUT',
    headers: { authorization: 'Bearer master', 'content-type': 'application/json' },
    body: JSON.stringify(document),
  });

describe('asking for estimates', () => {
  it('reaches the query service for what the type declares, and its figures the caller', async () => {
    expect((await define('order', { uniques: ['customer'], quantiles: true })).status).toBe(201);
    const figures = Buffer.alloc(32);
    for (const [index, figure] of [12, 1_500_000, NaN, NaN].entries())
      figures.writeDoubleLE(figure, index * 8);
    const window = { count: '20', valued: '2', sumMicro: '3000000' };
    const windows = [7, 8].map((hour) => ({
      startMs: String(Date.UTC(2026, 0, 1, hour)),
      ...window,
    }));
    fixture.onGetStats = async () => ({
      subjects: [{ subject: 'shop-7', windows, missing: false, figures }],
      missingShards: [],
      partlyDeclaredWindows: 1,
    });
    const { status, body } = await ask({ type: 'order', function: 'unique,P95,count' });
    expect(fixture.questions.at(-1)?.figures).toMatchObject({
      uniqueAttribute: 'customer',
      quantiles: [950],
    });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        series: [
          {
            points: [
              { count: 20, unique: 12, p95: 1.5 },
              { count: 20, unique: null, p95: null },
            ],
          },
        ],
        meta: {
          exact: false,
          errors: { unique: { standard: 0.0081 }, p95: { relative: 0.01 } },
          warnings: [expect.stringContaining('null in 1 points: the type order had not declared')],
        },
      },
    });
  });

  it('is refused when it is more than is read for one question', async () => {
    await define('order', { uniques: ['customer'], quantiles: true });
    fixture.onGetStats = async () => {
      throw new Refusal('payload_too_large');
    };
    const { status, body } = await ask({ type: 'order', function: 'unique' });
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(body['detail']).toContain('a shorter time');
  });

  it('is refused for what the type does not declare, by name', async () => {
    await define('visit', { uniques: ['ip', 'user'] });
    for (const [more, detail] of [
      [{ type: 'visit', function: 'unique' }, 'one of "ip", "user"'],
      [{ type: 'visit', function: 'unique', attribute: 'name' }, 'got "name"'],
      [{ type: 'visit', function: 'p50' }, 'visit declares no quantiles'],
      [{ type: 'nobody', function: 'unique' }, 'nobody declares no unique attributes'],
    ] as const) {
      const { status, body } = await ask(more);
      expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
      expect(body['detail']).toContain(detail);
    }
    expect(fixture.questions).toEqual([]);
    expect((await ask({ type: 'visit', function: 'unique', attribute: 'ip' })).status).toBe(200);
  });
});
