import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DAY_MS,
  encodeCounterRows,
  MINUTE_MS,
  packageDefinition,
  type clusterProxy,
  type CounterRow,
  type query,
  type shardProxy,
} from '@tally/contracts';
import { InstanceRegistry, ServiceClient, type CallOptions } from '@tally/discovery';
import { parseEventsTopic, seriesId, TOPICS_NODE } from '@tally/placement';
import { parseConfig, startService, type Logger } from '@tally/service-kit';
import { eventually, freePort, keepLikeAShard, startZooKeeper } from '@tally/testing';
import type { ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import { AppModule } from '../src/app.module.js';
import { settings } from '../src/config.js';
import { Refusal, StubService, whenCallerGoes } from '@tally/testing/stub-service';
import { ConfigNode, ZooKeeperSession } from '@tally/zookeeper';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
const TOPIC = { name: 'events-0123456789abcdef', partitions: 16, dedupWindowMs: 600_000 };

const closes: (() => Promise<unknown> | void)[] = [];
const questions: clusterProxy.ReadCountersRequest[] = [];
type Call = ServerUnaryCall<never, object>;
let onReadCounters: (
  request: clusterProxy.ReadCountersRequest,
  call: Call,
) => Promise<clusterProxy.ReadCountersResponse>;
let session: ZooKeeperSession;
let client: ServiceClient;
let adminUrl: string;

/** The service as main.ts starts it, with a ZooKeeper and a cluster-proxy that the test plays. */
beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tally-query-'));
  closes.push(() => rmSync(dir, { recursive: true, force: true }));
  const zookeeper = await startZooKeeper({ dir, tickTimeMs: 200 });
  closes.push(() => zookeeper.process.stop());
  session = new ZooKeeperSession({
    connect: zookeeper.connectString,
    sessionTimeoutMs: 4000,
    logger: SILENT,
  }).start();
  closes.push(() => session.close());
  await session.whenConnected(10_000);
  await keepLikeAShard(session);

  const stub = await StubService.start('tally.cluster_proxy.v1.ClusterProxyService', {
    ReadCounters: (request: clusterProxy.ReadCountersRequest, call: Call) => {
      questions.push(request);
      return onReadCounters(request, call);
    },
    ReadGroups: async ({ subjects, grouping, maxRows }: clusterProxy.ReadGroupsRequest) => ({
      shards: [
        {
          shard: 0,
          subjects,
          groups: {
            rows: encodeCounterRows([row(0, FROM / MINUTE_MS)]),
            groups: [{ subject: 1, values: JSON.stringify([grouping, maxRows]) }],
            asOfMs: '1000',
          },
        },
      ],
    }),
  });
  closes.push(() => stub.stop());
  const registry = new InstanceRegistry(session);
  registry.register('cluster-proxy', {
    id: 'cluster-proxy-1',
    host: '127.0.0.1',
    grpcPort: stub.port,
    adminPort: stub.port,
    startedAt: new Date().toISOString(),
    version: 'test',
    attributes: {},
  });

  const [grpcPort, adminPort] = [await freePort(), await freePort()];
  adminUrl = `http://127.0.0.1:${adminPort}`;
  const loaded = parseConfig(settings, {
    TALLY_ZOOKEEPER: zookeeper.connectString,
    TALLY_ZOOKEEPER_SESSION_MS: '4000',
    TALLY_LOG_LEVEL: 'error',
    TALLY_INSTANCE: 'query-1',
    TALLY_GRPC_PORT: String(grpcPort),
    TALLY_ADMIN_PORT: String(adminPort),
    TALLY_READ_TIMEOUT_MS: '500',
  });
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.join('; '));
  const { config } = loaded;
  const lifecycle = await startService({
    name: 'query',
    config,
    root: AppModule.with(config),
    grpc: { port: grpcPort, packages: ['tally.query.v1'] },
  });
  closes.push(() => lifecycle.drain());
  const instances = registry.watchInstances('query');
  client = new ServiceClient({
    service: 'query',
    instances,
    client: { service: packageDefinition()['tally.query.v1.QueryService'] as ServiceDefinition },
  });
  closes.push(() => {
    client.close();
    instances.close();
  });
  await eventually('it serves', async () => {
    const { status } = await client.probe({ deadlineMs: 1000 });
    return status === 'SERVING';
  });
}, 60_000);
afterAll(async () => {
  for (const close of closes.reverse()) await close();
}, 30_000);
beforeEach(() => {
  questions.length = 0;
});

const idOf = (subject: string) => seriesId('default', 'view', subject);
const FROM = Date.UTC(2026, 0, 1);
const ask = (more: Partial<query.GetStatsRequest> = {}, options: Partial<CallOptions> = {}) =>
  client.call<query.GetStatsResponse>(
    'GetStats',
    {
      project: 'default',
      type: 'view',
      subjects: ['a', 'b', 'a'],
      fromMs: String(FROM),
      toMs: String(FROM + DAY_MS),
      granularity: 'GRANULARITY_HOUR' satisfies shardProxy.Granularity,
      maxWindows: 0,
      ...more,
    },
    { deadlineMs: 5000, ...options },
  );
const row = (index: number, startMinute: number, more: Partial<CounterRow> = {}): CounterRow => ({
  index,
  startMinute: BigInt(startMinute),
  count: 5n,
  valued: 0n,
  sum: 0n,
  min: 0n,
  max: 0n,
  ...more,
});
const answered = (
  shard: number,
  subject: string,
  rows: readonly CounterRow[],
  asOfMs?: string,
): clusterProxy.ShardRows => ({
  shard,
  seriesIds: idOf(subject),
  rows: { rows: encodeCounterRows(rows), ...(asOfMs === undefined ? {} : { asOfMs }) },
});

describe('the query service', () => {
  const hour = FROM / MINUTE_MS + 420;

  it('says nothing about its freshness while there is no topic', async () => {
    onReadCounters = async () => ({
      shards: [answered(0, 'a', [], '1000'), answered(1, 'b', [row(0, hour)], '1000')],
    });
    const answer = await ask();
    expect(questions).toEqual([expect.objectContaining({ topics: [] })]);
    expect(answer).not.toHaveProperty('asOfMs');
    expect(answer.subjects.map(({ windows }) => windows.length)).toEqual([0, 1]);
  });

  it('asks for the series of the current topic and gives back windows by subject', async () => {
    const node = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
    await node.update(() => TOPIC);
    const most = { count: 2n ** 64n - 1n, valued: 2n, sum: -(2n ** 90n), min: -5n, max: 7n };
    onReadCounters = async () => ({
      shards: [answered(0, 'b', [], '2000'), answered(1, 'a', [row(0, hour, most)], '1000')],
    });
    const answer = await eventually('it knows the topic', async () => {
      const found = await ask();
      return found.asOfMs === undefined ? undefined : found;
    });
    expect(questions.at(-1)).toEqual({
      seriesIds: Buffer.concat([idOf('a'), idOf('b')]),
      fromMinute: String(FROM / MINUTE_MS),
      toMinute: String(FROM / MINUTE_MS + 1440),
      granularity: 'GRANULARITY_HOUR',
      topics: [{ topic: TOPIC.name, partitions: 16 }],
      maxRows: 100_000,
    });
    expect(answer).toMatchObject({
      subjects: [
        {
          subject: 'a',
          windows: [
            {
              startMs: String(hour * MINUTE_MS),
              count: '18446744073709551615',
              valued: '2',
              sumMicro: '-1237940039285380274899124224',
              minMicro: '-5',
              maxMicro: '7',
            },
          ],
          missing: false,
        },
        { subject: 'b', windows: [], missing: false },
      ],
      asOfMs: '1000',
      missingShards: [],
    });
  });

  it('asks for groups where there is a grouping, and gives them back by subject', async () => {
    const conditions = [{ dimension: 'device', values: ['tv', ''], excluded: true }];
    const grouping = { groupBy: ['country'], conditions };
    const { subjects } = await ask({ grouping });
    expect(subjects).toMatchObject([
      { subject: 'a', windows: [] },
      { subject: 'b', windows: [{ startMs: String(FROM) }] },
    ]);
    expect(subjects[0]).not.toHaveProperty('group');
    expect(JSON.parse(subjects[1]?.group ?? '')).toEqual([grouping, 100_000]);
  });

  it('names the shards that did not answer, and answers what they said last', async () => {
    const failure = { code: 'unavailable', message: 'gone' };
    const gone = Buffer.concat([idOf('c'), idOf('d')]);
    onReadCounters = async () => ({ shards: [answered(0, 'c', [row(0, hour)], '500')] });
    await ask({ subjects: ['c'] });
    onReadCounters = async () => ({
      shards: [{ shard: 0, seriesIds: gone, failure }, answered(1, 'a', [], '1000')],
    });
    expect(await ask({ subjects: ['a', 'c', 'd'] })).toMatchObject({
      subjects: [
        { subject: 'a', missing: false },
        { subject: 'c', missing: false, windows: [{ count: '5' }], asOfMs: '500' },
        { subject: 'd', missing: true, windows: [] },
      ],
      asOfMs: '500',
      missingShards: [0],
    });
  });

  it('refuses what is no question, without asking anybody', async () => {
    await expect(ask({ subjects: [] })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(ask({ fromMs: '1' })).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(questions).toEqual([]);
  });

  it('fails rather than to say a number that may not be right', async () => {
    const rows = { rows: Buffer.from('not rows at all') };
    onReadCounters = async () => ({
      shards: [{ shard: 0, seriesIds: idOf('a'), rows }, answered(1, 'b', [])],
    });
    await expect(ask()).rejects.toMatchObject({ code: 'internal' });
    onReadCounters = async () => ({ shards: [answered(1, 'b', [])] });
    await expect(ask()).rejects.toMatchObject({ code: 'internal' });
  });

  it('passes on that the shards cannot be asked, or do not answer in time', async () => {
    onReadCounters = async () => Promise.reject(new Refusal('unavailable'));
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' });
    onReadCounters = () => new Promise(() => undefined);
    await expect(ask()).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('asks for nobody who has gone, and no longer than its caller waits', async () => {
    const left: Promise<number>[] = [];
    const deadlines: number[] = [];
    onReadCounters = (_, call) => {
      left.push(whenCallerGoes(call));
      deadlines.push(Number(call.getDeadline()));
      return new Promise(() => undefined);
    };
    const caller = new AbortController();
    const answer = ask({}, { signal: caller.signal });
    await eventually('the cluster-proxy is asked', () => left.length === 1);
    caller.abort();
    await expect(answer).rejects.toThrow('aborted');
    // Of the 500 ms that it may take otherwise.
    expect(await left[0]).toBeGreaterThan(0);
    const before = Date.now();
    await expect(ask({}, { deadlineMs: 200 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(deadlines[1]).toBeLessThan(before + 200);
  });

  it('says in a metric how long the making of answers held the event loop', async () => {
    onReadCounters = async () => ({
      shards: [answered(0, 'a', [row(0, hour)]), answered(1, 'b', [])],
    });
    await ask();
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    const hold = /^tally_query_longest_hold_seconds\{stage="answer"\} (\S+)$/m.exec(metrics)?.[1];
    expect(Number(hold)).toBeGreaterThan(0);
  });
});
