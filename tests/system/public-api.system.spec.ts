import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readStatsAsOf, type StatsQuestion } from '@tally/client';
import { eventually } from '@tally/testing';
import { eventOf, readFlights, showFlights } from '@tally/tools';
import { OtlpReceiver } from './otlp-receiver.js';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const ADMIN_KEY = 'master';
let tally: PrivateStack;
let traces: OtlpReceiver;
beforeAll(async () => {
  traces = await OtlpReceiver.listen();
  tally = await startPrivateStack({ ...traces.env, TALLY_ADMIN_KEY: ADMIN_KEY });
}, 120_000);
afterAll(async () => {
  await tally.stop();
  await traces.close();
}, 60_000);

const post = (body: string, headers: Record<string, string> = {}) =>
  tally.ask('/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

async function show(): Promise<string[]> {
  const lines: string[] = [];
  const { dir, addresses, apiKey } = tally;
  const report = (line: string) => void lines.push(line);
  await showFlights({ gateway: addresses.gateway, apiKey, dir, report });
  return lines;
}

describe('real events, from the public API to the shards and back', () => {
  it('are counted exactly: 20 000 flights from 220 airports', async () => {
    const lines = await show();
    expect(lines[0]).toBe('Sent 20000 flights.');
    expect(lines.at(-1)).toBe('All figures of 220 airports are equal to those of the file.');
  }, 90_000);

  it('are not sent twice by a second run, which compares all the same', async () => {
    const lines = await show();
    expect(lines[0]).toBe('All 20000 flights are in already.');
    expect(lines.at(-1)).toBe('All figures of 220 airports are equal to those of the file.');
  }, 90_000);

  it('are counted once when a client sends them again', async () => {
    const again = readFlights().slice(0, 2000).map(eventOf);
    for (const response of [await post(JSON.stringify(again)), await post(JSON.stringify(again))])
      expect(await response.json()).toMatchObject({ accepted: 2000, rejected: 0 });
    await show();
  }, 90_000);

  it('stand in the ledger, copies apart from other events of the same id', async () => {
    const event = { id: 'twice', type: 'view', subject: 'video-1', attributes: { a: 1, b: 2 } };
    const copy = { ...event, attributes: { b: 2, a: 1 } };
    const response = await post(JSON.stringify([event, copy, { ...event, subject: 'video-2' }]));
    expect(await response.json()).toMatchObject({ accepted: 3 });
    const key = tally.secrets?.passwordOf('definitions-key') ?? ADMIN_KEY;
    const ledger = async () => {
      const answer = await fetch(`${tally.addresses.gateway}/v1/admin/ledger?from=-1h`, {
        headers: { authorization: `Bearer ${key}` },
      });
      return (await answer.json()) as { total: Record<string, number>; missingShards: number[] };
    };
    await eventually('all is counted', async () => {
      const { total } = await ledger();
      return Object.values(total).reduce((sum, events) => sum + events, 0) === 20_000 + 4000 + 3;
    });
    expect(await ledger()).toMatchObject({
      missingShards: [],
      total: { counted: 20_001, duplicates: 4001, conflicting: 1, tooLate: 0, dead: 0, expired: 0 },
    });
  }, 60_000);

  it('leave the log as one trace: from the HTTP request to the SQL of its counters', async () => {
    const traceId = randomBytes(16).toString('hex');
    const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
    const event = JSON.stringify({ id: 'traced', type: 'view', subject: 'video-1' });
    expect((await post(event, { traceparent })).status).toBe(202);
    await eventually('the trace has reached Postgres', () => {
      const spans = traces.spans.filter((span) => span.traceId === traceId);
      const services = new Set(spans.map(({ service }) => service));
      const path = ['gateway', 'partitioner', 'processor', 'cluster-proxy', 'shard-proxy'];
      return (
        path.every((service) => services.has(service)) &&
        spans.some(({ service, name }) => service === 'shard-proxy' && name.startsWith('pg.query'))
      );
    });
  }, 60_000);
});

describe('events of a type with dimensions', () => {
  it('are answered whole, in groups, and by values', async () => {
    const key = tally.secrets?.passwordOf('definitions-key') ?? ADMIN_KEY;
    const defined = await fetch(`${tally.addresses.gateway}/v1/event-types/play`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"dimensions":["country","device"]}',
    });
    expect(defined.status).toBe(201);
    const { version } = (await defined.json()) as { readonly version: number };
    const countries = ['FR', 'DE', undefined];
    const devices = ['tv', 'phone'];
    const events = Array.from({ length: 600 }, (_, index) => ({
      id: `play-${index}`,
      type: 'play',
      subject: `song-${index % 4}`,
      value: index % 7,
      attributes: { country: countries[index % 3], device: devices[index % 2] },
    }));
    const sums = (of: (event: (typeof events)[number]) => boolean) => {
      const found = events.filter((event) => event.subject === 'song-1' && of(event));
      const sum = found.reduce((all, { value }) => all + value, 0);
      return { count: found.length, sum };
    };
    expect(await (await post(JSON.stringify(events))).json()).toMatchObject({ accepted: 600 });
    const ask = async (more: string) => {
      const response = await tally.ask(
        `/v1/stats?type=play&subject=song-1&granularity=total&from=-1h&function=count,sum&${more}`,
      );
      const { series } = (await response.json()) as {
        series: { group?: object; points: { count: number; sum: number }[] }[];
      };
      return series.map(({ group, points: [point] }) => ({
        ...(group && { group }),
        count: point?.count,
        sum: point?.sum,
      }));
    };
    expect(version).toBeGreaterThan(0);
    await eventually('all is counted', async () => (await ask(''))[0]?.count === 150);
    expect(await ask('group_by=country')).toEqual(
      [undefined, 'DE', 'FR'].map((country) => ({
        group: { country: country ?? null },
        ...sums(({ attributes }) => attributes.country === country),
      })),
    );
    expect(await ask('filter=country:FR&filter=country:&exclude=device:tv')).toEqual([
      sums(({ attributes: { country, device } }) => country !== 'DE' && device !== 'tv'),
    ]);
    const refused = await tally.ask('/v1/stats?type=play&subject=song-1&group_by=city');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      detail: expect.stringContaining('a dimension of play (country, device), got "city"'),
    });
  }, 60_000);

  it('beyond the limit of a type are counted as one more group', async () => {
    const key = tally.secrets?.passwordOf('definitions-key') ?? ADMIN_KEY;
    const defined = await fetch(`${tally.addresses.gateway}/v1/event-types/search`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"dimensions":["term"],"cardinalityLimit":3}',
    });
    expect(await defined.json()).toMatchObject({ cardinalityLimit: 3 });
    const groups = async () => {
      const response = await tally.ask(
        '/v1/stats?type=search&subject=shop&granularity=total&from=-1h&group_by=term',
      );
      const { series } = (await response.json()) as {
        series: { group?: { term: string }; points: { count: number }[] }[];
      };
      return new Map(series.map(({ group, points }) => [group?.term, points[0]?.count ?? 0]));
    };
    const search = (from: number, to: number) => {
      const events = Array.from({ length: to - from }, (_, index) => ({
        id: `search-${from + index}`,
        type: 'search',
        subject: 'shop',
        attributes: { term: `term ${(from + index) % 40}` },
      }));
      return post(JSON.stringify(events));
    };
    const sumOf = (all: Map<unknown, number>) => [...all.values()].reduce((sum, n) => sum + n, 0);
    await search(0, 200);
    await eventually('all is counted', async () => sumOf(await groups()) === 200);
    const before = await groups();
    // Two processors may each see room that the other takes.
    expect(before.size).toBeGreaterThanOrEqual(4);
    expect(before.size).toBeLessThan(20);
    expect(before.get('(other)')).toBeGreaterThan(80);
    await search(200, 400);
    await eventually('all is counted', async () => sumOf(await groups()) === 400);
    // Nobody changes sides.
    const after = await groups();
    expect(new Set(after.keys())).toEqual(new Set(before.keys()));
    for (const [term, count] of before) expect(after.get(term)).toBe(2 * count);
  }, 60_000);
});

describe('bad input', () => {
  it.each([
    ['malformed JSON', '{"type":', 'application/json', 400, 'invalid_argument'],
    ['another content type', '{}', 'text/csv', 415, 'unsupported_media_type'],
    ['too large a body', ' '.repeat((8 << 20) + 1), 'application/json', 413, 'payload_too_large'],
    [
      'too many events',
      `[${'{},'.repeat(10_000)}{}]`,
      'application/json',
      413,
      'payload_too_large',
    ],
    ['deep nesting', '['.repeat(200_000), 'application/json', 400, 'invalid_argument'],
  ])('%s is answered with problem details', async (_, body, type, status, code) => {
    const response = await post(body, { 'content-type': type });
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ status, code });
    expect(response.status).toBe(status);
  });

  it('costs a batch only the events that are bad', async () => {
    const good = (id: string) => ({ id, type: 'order', subject: 'shop', value: 0.1 });
    const batch = [
      good('1'),
      { ...good('2'), type: 7 },
      { ...good('3'), colour: 'red' },
      { ...good('4'), id: '' },
      { id: '5', subject: 'shop' },
      { ...good('6'), subject: 'sh\u0000op' },
      { ...good('7'), time: '9999-01-01T00:00:00Z' },
      good('8'),
    ];
    const text = JSON.stringify(batch).replace(
      /\]$/,
      ',{"id":"9","type":"order","subject":"\\ud800"},{"id":"10","type":"order","subject":"shop","value":0.1234567890123456}]',
    );
    const answer = (await (await post(text)).json()) as {
      accepted: number;
      results: { index: number; code: string }[];
    };
    expect(answer).toMatchObject({ accepted: 2, rejected: 8 });
    expect(answer.results.map(({ index, code }) => `${index} ${code}`)).toEqual([
      '1 type_invalid',
      expect.stringMatching(/^2 .*_unknown$/),
      '3 id_invalid',
      '4 type_missing',
      '5 subject_invalid',
      '6 time_out_of_range',
      '8 subject_invalid',
      '9 value_invalid',
    ]);
    const question: StatsQuestion = {
      type: 'order',
      subjects: ['shop'],
      functions: ['count', 'sum'],
      from: '2020-01-01T00:00:00Z',
      to: '2100-01-01T00:00:00Z',
    };
    const target = { gateway: tally.addresses.gateway, apiKey: tally.apiKey };
    const { series } = await readStatsAsOf(target, question, Date.now(), 30_000);
    expect(series[0]?.points[0]).toMatchObject({ count: 2, sum: 0.2 });
  }, 60_000);

  it('leaves every service alive', () => {
    expect(tally.lines.filter((line) => line.includes(' died '))).toEqual([]);
  });
});
