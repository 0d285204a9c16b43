import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@tally/testing';
import { deliver, readStats, readStatsAsOf, type StatsQuestion } from '../src/index.js';

/** What the server does with the next request; without one it takes all events. */
type Act =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'hang up'
  | 'say nothing';

interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

let server: Server;
let gateway: string;
let acts: Act[];
let requests: Request[];

beforeEach(async () => {
  [acts, requests] = [[], []];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const lines = body.split('\n');
      requests.push({ url: request.url ?? '', headers: request.headers, lines });
      const act = acts.shift();
      if (act === 'hang up') return response.destroy();
      if (act === 'say nothing') return undefined;
      const results = { accepted: lines.length, rejected: 0, results: [] };
      const { status = 202, headers = {}, body: answer = JSON.stringify(results) } = act ?? {};
      return response.writeHead(status, headers).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const EVENTS = ['{"id":"1"}', '{"id":"2"}', '{"id":"3"}'];
const send = (events = EVENTS) => deliver(events, { gateway, apiKey: 'secret' });

describe('events', () => {
  it('go as lines of JSON with the key, and are in after 202', async () => {
    expect(await send()).toEqual({ kind: 'taken', rejected: [] });
    expect(requests).toEqual([
      {
        url: '/v1/events',
        headers: expect.objectContaining({
          'content-type': 'application/x-ndjson',
          authorization: 'Bearer secret',
        }),
        lines: EVENTS,
      },
    ]);
  });

  it('of which none is accepted come back with 422 and the reasons', async () => {
    const results = EVENTS.map((_, index) => ({ index, code: 'type_missing', detail: 'a type' }));
    acts = [{ status: 422, body: JSON.stringify({ accepted: 0, rejected: 3, results }) }];
    expect(await send()).toEqual({
      kind: 'taken',
      rejected: [0, 1, 2].map((index) => ({ index, why: 'type_missing: a type' })),
    });
  });

  it('that are too much together (413) go in halves', async () => {
    acts = [{ status: 413 }];
    expect(await send()).toEqual({ kind: 'taken', rejected: [] });
    expect(requests.map(({ lines }) => lines.length)).toEqual([3, 2, 1]);
  });

  it('lose the one that spoils the batch (400)', async () => {
    acts = [{ status: 400 }, { status: 400 }, { status: 400, body: 'deep' }];
    expect(await send()).toEqual({ kind: 'taken', rejected: [{ index: 0, why: '400 "deep"' }] });
  });

  it('are not in after 429, and may be after 503: both say when to come again', async () => {
    const headers = { 'retry-after': '3' };
    acts = [
      { status: 429, headers, body: '{}' },
      { status: 503, headers, body: '{}' },
    ];
    const wait = { isAnswer: true, retryAfterMs: 3000 };
    expect(await send()).toEqual({ kind: 'not taken', why: '429 "{}"', ...wait });
    expect(await send()).toEqual({ kind: 'unknown', why: '503 "{}"', ...wait });
  });

  it('are refused for good with 401, and by who is no gateway', async () => {
    acts = [{ status: 401 }, { status: 404 }, { status: 302, headers: { location: '/' } }];
    expect(await send()).toMatchObject({ kind: 'not taken', final: 'key' });
    expect(await send()).toMatchObject({ kind: 'not taken', final: 'no gateway' });
    expect(await send()).toMatchObject({ kind: 'not taken', final: 'no gateway' });
  });

  it('may be in when the connection breaks or no answer comes', async () => {
    acts = ['hang up', 'say nothing'];
    expect(await send()).toMatchObject({ kind: 'unknown', isAnswer: false });
    const target = { gateway, apiKey: '' };
    expect(await deliver(EVENTS, target, 50)).toMatchObject({ kind: 'unknown', isAnswer: false });
  });

  it('are not in when no connection came about', async () => {
    gateway = `http://127.0.0.1:${await freePort()}`;
    expect(await send()).toMatchObject({ kind: 'not taken', isAnswer: false });
  });

  it('may be in when only one half had an answer', async () => {
    acts = [{ status: 413 }, { status: 202, body: '{"accepted":2,"rejected":0,"results":[]}' }];
    acts.push({ status: 429 });
    expect(await send()).toMatchObject({ kind: 'unknown', isAnswer: true });
  });
});

describe('a question', () => {
  const question: StatsQuestion = {
    type: 'view',
    subjects: ['a b', 'c'],
    functions: ['count', 'sum'],
    from: '2026-01-01T00:00:00Z',
    to: '2026-02-01T00:00:00Z',
  };
  const answer = (asOf: string | null) => ({
    status: 200,
    body: JSON.stringify({ series: [], meta: { asOf } }),
  });

  it('is asked for all subjects at once', async () => {
    acts = [answer(null)];
    expect(await readStats({ gateway, apiKey: '' }, question)).toMatchObject({ series: [] });
    expect(requests[0]?.url).toBe(
      '/v1/stats?type=view&function=count%2Csum&granularity=total&from=2026-01-01T00%3A00%3A00Z&to=2026-02-01T00%3A00%3A00Z&subject=a+b&subject=c',
    );
  });

  it('rejects when there are no figures', async () => {
    acts = [{ status: 503, body: 'later' }];
    await expect(readStats({ gateway, apiKey: '' }, question)).rejects.toThrow('503');
  });

  it('is not asked again when it is a wrong one', async () => {
    acts = [{ status: 400, body: 'no' }];
    const target = { gateway, apiKey: '' };
    await expect(readStatsAsOf(target, question, 0, 10_000)).rejects.toThrow('400');
    expect(requests.length).toBe(1);
  });

  it('is asked again until everything before an instant is in the answer', async () => {
    const later = { status: 504, body: 'later' };
    acts = [answer(null), later, answer('2026-01-01T00:00:00Z'), answer('2026-01-01T00:00:01Z')];
    const instant = Date.parse('2026-01-01T00:00:01Z');
    const target = { gateway, apiKey: '' };
    const { meta } = await readStatsAsOf(target, question, instant, 10_000);
    expect(meta.asOf).toBe('2026-01-01T00:00:01Z');
    expect(requests.length).toBe(4);
  });
});
