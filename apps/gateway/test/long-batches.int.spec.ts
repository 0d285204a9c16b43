import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

// Processes and bodies are as fast as the machine lets them.
jest.setTimeout(120_000);

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway({ TALLY_APPEND_TIMEOUT_MS: '60000' });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

interface Intake {
  readonly accepted: number;
  readonly rejected: number;
  readonly results: readonly { readonly code: string; readonly detail: string }[];
}

async function post(body: string): Promise<{ status: number; body: Intake }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${gateway.url}/v1/events`, { method: 'POST', headers, body });
  return { status: response.status, body: (await response.json()) as Intake };
}

const attributes = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, at) => `"${prefix}${at}":1`).join(',');
const event = (count: number, prefix: string) =>
  `{"type":"view","subject":"s","attributes":{${attributes(count, prefix)}}}`;

describe('a body that takes long to read', () => {
  it('with 500 000 names in one event costs that event alone', async () => {
    const { status, body } = await post(`[${event(1, 'a')},${event(500_000, 'n')}]`);
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 1, rejected: 1 });
    expect(body.results[0]).toMatchObject({ index: 1, code: 'event_invalid' });
    expect(body.results[0]?.detail).toContain('131072 bytes');
  });

  it('lets others have their turn: a short request that came behind it is answered before it', async () => {
    const events = Array.from({ length: 9000 }, (_, at) => event(32, `n${at}x`));
    const order: string[] = [];
    const long = post(`[${events.join(',')}]`).then((answer) => {
      order.push('long');
      return answer;
    });
    const short = async (): Promise<number> => {
      for (let answered = 0; ; answered++) {
        if (order.length > 0) return answered;
        expect((await post(event(1, 'a'))).status).toBe(202);
      }
    };
    const [answer, answered] = await Promise.all([long, short()]);
    expect(answer.body).toMatchObject({ accepted: 9000, rejected: 0 });
    // Each short one needs the event loop many times, and gets it at least once per turn.
    expect(answered).toBeGreaterThan(10);
  });

  it('shows how long the event loop stood still in a metric', async () => {
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^nodejs_eventloop_lag_max_seconds [\d.]+$/m);
    const longest = /^tally_gateway_longest_hold_seconds\{stage="read"\} ([\d.e-]+)$/m.exec(
      metrics,
    );
    expect(Number(longest?.[1])).toBeGreaterThan(0);
  });
});
