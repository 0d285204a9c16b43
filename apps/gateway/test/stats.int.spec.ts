import { get } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { DAY_MS, packageDefinition, type query } from '@tally/contracts';
import { OPENAPI } from '../src/openapi/openapi-document.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';
import { eventually } from '@tally/testing';
import { Refusal, whenCallerGoes } from '@tally/testing/stub-service';

const fixture = new GatewayFixture();
const ADMIN_KEY = 'who-may-define';
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway({ TALLY_ADMIN_KEY: ADMIN_KEY });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

const DAY = { type: 'view', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

async function ask(more: Record<string, string> = {}, subjects = ['video-42'], at = gateway) {
  const parameters = new URLSearchParams({ ...DAY, ...more });
  for (const subject of subjects) parameters.append('subject', subject);
  const response = await fetch(`${at.url}/v1/stats?${parameters.toString()}`);
  const documented = OPENAPI.paths['/v1/stats'].get.responses;
  expect(Object.keys(documented)).toContain(String(response.status));
  const text = await response.text();
  const body = JSON.parse(text) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, body };
}

const subject = (name: string, windows: query.Window[] = [], missing = false) => ({
  subject: name,
  windows,
  missing,
});

const LARGEST: query.Window = {
  startMs: '253402300740000',
  count: '18446744073709551615',
  valued: '18446744073709551615',
  sumMicro: '-170141183460469231731687303715884105728',
  minMicro: '-9223372036854775808',
  maxMicro: '9223372036854775807',
};

describe('asking for statistics', () => {
  it('the question reaches the query service as it was asked, and its answer the caller', async () => {
    const startMs = String(Date.UTC(2026, 0, 1, 7));
    const window = {
      startMs,
      count: '17',
      valued: '2',
      sumMicro: '204500000',
      minMicro: '-1',
      maxMicro: '204500001',
    };
    fixture.onGetStats = async () => ({
      subjects: [subject('é & ü', [window]), subject('video-7')],
      asOfMs: String(Date.now()),
      missingShards: [],
    });
    const { status, headers, body } = await ask(
      { function: 'count,sum,avg,min,max', granularity: 'hour' },
      ['é & ü', 'video-7', 'é & ü'],
    );
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(fixture.questions).toEqual([
      {
        project: 'default',
        type: 'view',
        subjects: ['é & ü', 'video-7'],
        fromMs: String(Date.UTC(2026, 0, 1)),
        toMs: String(Date.UTC(2026, 0, 2)),
        granularity: 'GRANULARITY_HOUR',
        maxWindows: 100_000,
      },
    ]);
    expect(body).toMatchObject({
      type: 'view',
      granularity: 'hour',
      series: [
        {
          subject: 'é & ü',
          points: [
            {
              start: '2026-01-01T07:00:00Z',
              end: '2026-01-01T08:00:00Z',
              count: 17,
              sum: 204.5,
              avg: 102.25,
              min: -0.000001,
              max: 204.500001,
            },
          ],
        },
        { subject: 'video-7', points: [] },
      ],
      meta: { stale: false, missingShards: [], exact: true },
    });
  });

  it('numbers that a double cannot hold are strings', async () => {
    const window = {
      startMs: '0',
      count: '9007199254740993',
      valued: '1',
      sumMicro: '9007199254740993',
    };
    fixture.onGetStats = async () => ({ subjects: [subject('s', [window])], missingShards: [] });
    const { text } = await ask({ function: 'count,sum', granularity: 'total' }, ['s']);
    expect(text).toContain('"count":"9007199254740993","sum":9007199254.740993}');
  });

  it('an answer of as many points as are allowed passes, one more is refused unasked', async () => {
    const bounded = await fixture.gateway({ TALLY_MAX_POINTS: '10000' });
    const subjects = Array.from({ length: 10 }, (_, index) => `s-${index}`);
    const windows = Array.from({ length: 1000 }, (_, minute) => ({
      ...LARGEST,
      startMs: String(Date.UTC(2026, 0, 1, 0, minute)),
    }));
    fixture.onGetStats = async () => ({
      subjects: subjects.map((name) => subject(name, windows)),
      missingShards: [],
    });
    const minutes = { granularity: 'minute', function: 'count,sum,avg,min,max', fill: 'zero' };
    const most = { ...minutes, to: '2026-01-01T16:40:00Z' };
    const { status, body } = await ask(most, subjects, bounded);
    expect(status).toBe(200);
    expect((body['series'] as { points: unknown[] }[])[9]?.points).toHaveLength(1000);
    const refused = await ask({ ...minutes, to: '2026-01-01T16:41:00Z' }, subjects, bounded);
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(refused.body['detail']).toContain('at most 10000 points');
    expect(fixture.questions).toMatchObject([{ maxWindows: 10_000 }]);
  });

  it('windows that have events are counted where they are, and what would fit is said', async () => {
    const years = { from: '2024-01-01', to: '2026-01-01', granularity: 'minute' };
    expect(await ask(years)).toMatchObject({ status: 200, body: { from: '2024-01-01T00:00:00Z' } });
    fixture.onGetStats = async () => Promise.reject(new Refusal('payload_too_large'));
    const { status, body } = await ask(years);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(body['detail']).toContain('at most 100000 points');
    expect(body['detail']).toContain('granularity=hour would have at most 17544');
  });

  it('without more than a type and a subject, the hours until now are answered', async () => {
    const before = Date.now();
    const response = await fetch(`${gateway.url}/v1/stats?type=view&subject=s`);
    const { from, to, granularity } = (await response.json()) as Record<string, string>;
    expect({ status: response.status, granularity }).toEqual({ status: 200, granularity: 'hour' });
    expect(Date.parse(to ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBeGreaterThanOrEqual(DAY_MS);
  });

  it('the question for groups reaches the query service, and each group is a series', async () => {
    await fetch(`${gateway.url}/v1/event-types/split`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: '{"dimensions":["country","device"]}',
    });
    fixture.onGetStats = async () => ({
      subjects: [
        { ...subject('s', [LARGEST]), group: '["F\\"R",null]' },
        { ...subject('s', [LARGEST]), group: '[1e21,true]' },
        subject('t'),
      ],
      missingShards: [],
    });
    const asked = { type: 'split', group_by: 'country,device', filter: 'device:tv' };
    const { body } = await ask({ ...asked, granularity: 'hour' }, ['s', 't']);
    expect(fixture.questions[0]?.grouping).toEqual({
      groupBy: ['country', 'device'],
      conditions: [{ dimension: 'device', values: ['tv'], excluded: false }],
    });
    expect(body['series']).toMatchObject([
      { subject: 's', group: { country: 'F"R', device: null } },
      { subject: 's', group: { country: 1e21, device: true } },
      { subject: 't', points: [] },
    ]);
    expect((body['series'] as object[])[2]).not.toHaveProperty('group');
    const one = await ask({ type: 'split', filter: 'device:tv' }, ['s']);
    expect((one.body['series'] as object[])[0]).not.toHaveProperty('group');
    // With windows that have no events, an answer with many groups has too many points.
    const filled = await ask({ ...asked, granularity: 'minute', fill: 'zero' }, ['s']);
    expect(filled.status).toBe(200);
    fixture.onGetStats = async () => ({
      subjects: Array.from({ length: 14 }, (_, index) => ({
        ...subject('s'),
        group: JSON.stringify([index, 1]),
      })),
      missingShards: [],
    });
    const tooMany = await ask({ ...asked, granularity: 'minute', fill: 'zero' }, ['s']);
    expect(tooMany.body).toMatchObject({ status: 400, code: 'invalid_argument' });
  });

  it('a type that nobody defined, and of which there is nothing, is answered with a warning', async () => {
    const answerOf = async (type: string) => (await ask({ type })).body['meta'];
    fixture.onGetStats = async () => ({ subjects: [subject('s')], missingShards: [] });
    expect(await answerOf('visits')).toMatchObject({
      warnings: [expect.stringContaining('type visits')],
    });
    const definition = await fetch(`${gateway.url}/v1/event-types/visit`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(definition.status).toBe(201);
    expect(await answerOf('visit')).not.toHaveProperty('warnings');
    expect(await answerOf('visits')).toMatchObject({
      warnings: [expect.stringContaining('is it visit, which is defined?')],
    });
    const window = {
      startMs: String(Date.UTC(2026, 0, 1)),
      count: '1',
      valued: '0',
      sumMicro: '0',
    };
    fixture.onGetStats = async () => ({ subjects: [subject('s', [window])], missingShards: [] });
    expect(await answerOf('visits')).not.toHaveProperty('warnings');
    const partly = [subject('s'), subject('t', [], true)];
    fixture.onGetStats = async () => ({ subjects: partly, missingShards: [0] });
    expect(await answerOf('visits')).not.toHaveProperty('warnings');
  });

  it('an answer that does not fit into a message is refused, and what would is said', async () => {
    const of = (bytes: number) => async () => ({
      subjects: [subject('x'.repeat(bytes))],
      missingShards: [],
    });
    fixture.onGetStats = of(16 << 20);
    const { status, body } = await ask({});
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(body['detail']).toContain('at most 16777216 bytes');
    expect(body['detail']).toContain('ask for fewer subjects, a shorter time');
    // Control: one that fits is answered.
    fixture.onGetStats = of((16 << 20) - 1000);
    expect((await ask({})).status).toBe(200);
  });

  it('100 000 of the largest windows fit into a message', () => {
    const method = packageDefinition()['tally.query.v1.QueryService'] as ServiceDefinition;
    const bytes = method['GetStats']?.responseSerialize({ subjects: [subject('', [LARGEST])] });
    expect(Number(bytes?.length) * 100_000).toBeLessThan(16 << 20);
  });

  it.each([
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-01-01T00:00:30' }, 'its offset is missing'],
    [{ granularity: 'week' }, 'granularity'],
    [{ timezone: 'Europe/Berlin' }, 'UTC'],
    [{ subject: '' }, '1 to 512 bytes'],
    [{ colour: 'red', granularity: 'week' }, 'got "colour"; expected granularity'],
  ])('with %j it is refused', async (more, detail) => {
    const { status, body } = await ask(more);
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(body['detail']).toContain(detail);
    expect(fixture.questions).toEqual([]);
  });
});

describe('when shards are missing', () => {
  beforeEach(() => {
    fixture.onGetStats = async () => ({
      subjects: [subject('there'), subject('gone', [], true)],
      asOfMs: '1767225600000',
      missingShards: [1, 3],
    });
  });

  it('there is no total, unless a partial one will do', async () => {
    const total = { granularity: 'total' };
    const refused = await ask(total, ['there', 'gone']);
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(refused.body['detail']).toContain('shards 1, 3');
    expect(refused.headers.get('retry-after')).toBe('1');
    const partial = await ask({ ...total, partial: 'allow' }, ['there', 'gone']);
    expect(partial).toMatchObject({ status: 200, body: { meta: { missingShards: [1, 3] } } });
    expect(partial.body['series']).toEqual([
      { subject: 'there', points: [expect.objectContaining({ count: 0 })] },
      { subject: 'gone', points: [], missing: true },
    ]);
  });

  it('a stale total is one, and nothing at all is not an answer', async () => {
    const stale = { ...subject('gone'), asOfMs: '1767225600000' };
    fixture.onGetStats = async () => ({
      subjects: [stale],
      asOfMs: stale.asOfMs,
      missingShards: [1],
    });
    const { status, body } = await ask({ granularity: 'total' }, ['gone']);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        series: [{ points: [{ count: 0 }], stale: true, asOf: '2026-01-01T00:00:00Z' }],
        meta: { stale: true, asOf: '2026-01-01T00:00:00Z', missingShards: [1] },
      },
    });
    fixture.onGetStats = async () => ({
      subjects: [subject('gone', [], true)],
      missingShards: [1],
    });
    for (const more of [{ granularity: 'day' }, { granularity: 'total', partial: 'allow' }]) {
      const refused = await ask(more, ['gone']);
      expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(refused.headers.get('retry-after')).toBe('1');
    }
  });

  it('series are answered, and name them', async () => {
    const { status, body } = await ask({ granularity: 'day', fill: 'zero' }, ['there', 'gone']);
    expect(status).toBe(200);
    expect(body['meta']).toEqual({
      asOf: '2026-01-01T00:00:00Z',
      completeThrough: '2025-12-31T23:59:00Z',
      stale: true,
      missingShards: [1, 3],
      exact: false,
    });
  });
});

describe('when the query service fails', () => {
  it.each([
    ['unavailable', 503, 'unavailable'],
    ['stale_epoch', 503, 'unavailable'],
    ['deadline_exceeded', 504, 'deadline_exceeded'],
    ['internal', 500, 'internal'],
  ] as const)('with %s, the answer is %i', async (code, status, expected) => {
    fixture.onGetStats = async () => Promise.reject(new Refusal(code));
    const found = await ask();
    expect(found).toMatchObject({ status, body: { status, code: expected } });
    expect(found.headers.get('content-type')).toContain('application/problem+json');
    // Addresses of our services are nobody else's business.
    expect(found.text).not.toContain('127.0.0.1');
  });

  it('and its reader goes meanwhile, nobody waits for it any more', async () => {
    let left: Promise<number> | undefined;
    fixture.onGetStats = (_, call) => {
      left = whenCallerGoes(call);
      return new Promise(() => undefined);
    };
    const parameters = new URLSearchParams({ ...DAY, subject: 's' });
    const reader = get(`${gateway.url}/v1/stats?${parameters.toString()}`, { agent: false });
    reader.on('error', () => undefined);
    await eventually('the query service is asked', () => left !== undefined);
    reader.destroy();
    // Of the 5 s that it may take otherwise.
    expect(await left).toBeGreaterThan(0);
  });

  it('that hangs, it is given up on', async () => {
    const impatient = await fixture.gateway({ TALLY_STATS_TIMEOUT_MS: '100' });
    fixture.onGetStats = () => new Promise(() => undefined);
    expect(await ask({}, ['s'], impatient)).toMatchObject({
      status: 504,
      body: { code: 'deadline_exceeded' },
    });
  });
});
