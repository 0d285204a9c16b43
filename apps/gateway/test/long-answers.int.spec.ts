import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@tally/testing';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

jest.setTimeout(60_000);

const fixture = new GatewayFixture();
const sockets: Socket[] = [];
beforeAll(() => fixture.start(), 60_000);
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  return fixture.stop();
}, 30_000);
beforeEach(() => fixture.reset());

/** 98 615 days without an event: 11 MB of text, if they are allowed. */
const DAYS =
  '/v1/stats?type=view&subject=nobody&from=1970-01-01T00:00:00Z&to=2240-01-01T00:00:00Z&granularity=day&fill=zero&function=count,sum,avg,min,max';
const NOBODY = async () => ({
  subjects: [{ subject: 'nobody', windows: [], missing: false }],
  missingShards: [],
});
const ALLOWED = { TALLY_MAX_FILLED_POINTS: '100000' };

async function metric({ adminUrl }: RunningGateway, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** Asks and reads nothing. */
function askAndWait({ port }: RunningGateway, target = DAYS): Socket {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return socket;
}

describe('a long answer', () => {
  it('is refused by default when nothing but filling makes it long, and what would fit is said', async () => {
    const gateway = await fixture.gateway();
    const response = await fetch(gateway.url + DAYS);
    const { detail } = (await response.json()) as { detail: string };
    expect(response.status).toBe(400);
    expect(detail).toContain('at most 20000 points');
    expect(detail).toContain('granularity=total would have 1');
    expect(fixture.questions).toEqual([]);
  });

  it('arrives whole, and holds little once its windows are known', async () => {
    const gateway = await fixture.gateway(ALLOWED);
    fixture.onGetStats = NOBODY;
    const body = (await (await fetch(gateway.url + DAYS)).json()) as {
      series: { points: { start: string; end: string; count: number }[] }[];
    };
    const points = body.series[0]?.points ?? [];
    expect(points).toHaveLength(98_615);
    expect(points.at(-1)).toMatchObject({
      start: '2239-12-31T00:00:00Z',
      end: '2240-01-01T00:00:00Z',
      count: 0,
    });
    await eventually('all of it is given back', async () => {
      return (await metric(gateway, 'tally_gateway_answer_bytes')) === 0;
    });
  });

  it('that nobody reads ends with its connection, and gives back what it held', async () => {
    const gateway = await fixture.gateway({ ...ALLOWED, TALLY_WRITE_TIMEOUT_MS: '500' });
    fixture.onGetStats = NOBODY;
    const socket = askAndWait(gateway);
    await eventually('the reader is given up', async () => {
      return (await metric(gateway, 'tally_gateway_slow_readers_total')) === 1;
    });
    // What the kernel had is read to its end, and there is no more.
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect(socket.bytesRead).toBeLessThan(10_000_000);
    expect(await metric(gateway, 'tally_gateway_answer_bytes')).toBe(0);
  });

  it('or short ones end with their connection when they are not read', async () => {
    const hasty = await fixture.gateway({ TALLY_WRITE_TIMEOUT_MS: '500' });
    // Control: with time to read, the same reader is still there.
    const patient = await fixture.gateway({ TALLY_WRITE_TIMEOUT_MS: '600000' });
    const request = 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const counted = 'tally_gateway_request_seconds_count\\{route="/openapi.json",status="200"\\}';
    const readers = [hasty, patient].map((gateway) => {
      return { gateway, socket: askAndWait(gateway, '/openapi.json'), sent: 1 };
    });
    const askMore = async (reader: (typeof readers)[number]) => {
      // Until the kernel keeps no more of them; and no more at once than may wait.
      if ((await metric(reader.gateway, counted)) !== reader.sent) return;
      reader.sent += 16;
      reader.socket.write(request.repeat(16));
    };
    await eventually('the reader is given up', async () => {
      for (const reader of readers) await askMore(reader);
      return (await metric(hasty, 'tally_gateway_slow_readers_total')) === 1;
    });
    expect(await metric(patient, 'tally_gateway_slow_readers_total')).toBe(0);
  });

  it('is not made when others that are not read hold the budget', async () => {
    // Control: with time to read and a larger budget, all are made.
    const patient = { ...ALLOWED, TALLY_WRITE_TIMEOUT_MS: '600000' };
    fixture.onGetStats = NOBODY;
    for (const [budget, isRefused] of [
      [16 << 20, true],
      [256 << 20, false],
    ] as const) {
      const gateway = await fixture.gateway({ ...patient, TALLY_MAX_ANSWER_BYTES: String(budget) });
      const asked = fixture.questions.length;
      for (let reader = 0; reader < 4; reader++) {
        askAndWait(gateway);
        await eventually('it is made', () => fixture.questions.length === asked + reader + 1);
        const isMade = async () =>
          (await metric(gateway, 'tally_gateway_answer_bytes')) < 2_000_000;
        await eventually('only what is being written is held', isMade);
      }
      // 60 more hold 256 KiB each, as do those four.
      for (let reader = 0; reader < 59; reader++) askAndWait(gateway, DAYS);
      await eventually('they are made or refused', async () => {
        const refused = await metric(gateway, 'tally_gateway_refused_for_answers_total');
        return fixture.questions.length - asked + refused === 63;
      });
      const refused = await metric(gateway, 'tally_gateway_refused_for_answers_total');
      expect(refused > 0).toBe(isRefused);
    }
  });
});

describe('an answer to events', () => {
  it('of 10 000 results arrives whole, and is paid for before anything is appended', async () => {
    const gateway = await fixture.gateway();
    const body = `[${'1,'.repeat(9_998)}1,{"type":"view","subject":"s"}]`;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${gateway.url}/v1/events`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { accepted: number; results: { index: number }[] };
    expect(response.status).toBe(202);
    expect(answer).toMatchObject({ accepted: 1, rejected: 9_999 });
    expect(answer.results.map(({ index }) => index)).toEqual([...Array(9_999).keys()]);
  });
});
