import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageDefinition, type clusterProxy } from '@tally/contracts';
import { InstanceRegistry, ServiceClient } from '@tally/discovery';
import { eventually, freePort } from '@tally/testing';
import { seriesId, ShardMap, slotOf } from '@tally/placement';
import { APPS, ROOT } from '@tally/tools';
import pg from 'pg';
import { JournalReader } from './journal-reader.js';
import { OtlpReceiver } from './otlp-receiver.js';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

let tally: PrivateStack;
let traces: OtlpReceiver;
beforeAll(async () => {
  traces = await OtlpReceiver.listen();
  tally = await startPrivateStack({ ...traces.env, TALLY_ZOOKEEPER_SESSION_MS: '2000' });
}, 120_000);
afterAll(async () => {
  await tally.stop();
  await traces.close();
}, 60_000);

interface Report {
  readonly status: string;
  readonly checks: Record<string, { ok: boolean }>;
}

async function ready(name: string): Promise<{ readonly status: number; readonly report: Report }> {
  const response = await fetch(`${tally.addresses.admin[name]}/health/ready`);
  return { status: response.status, report: (await response.json()) as Report };
}

/** Instance ids by service, as another process sees them. */
async function registered(): Promise<Record<string, readonly string[]>> {
  const session = tally.openZooKeeper();
  try {
    await session.whenConnected(20_000);
    const services = await session.children('/services');
    const ids = services.map(async (service) => [
      service,
      await session.children(`/services/${service}`),
    ]);
    return Object.fromEntries(await Promise.all(ids)) as Record<string, readonly string[]>;
  } finally {
    await session.close();
  }
}

const TYPE = 'shard-away';

/** A subject whose counters a shard of two has. */
function subjectOn(shard: number, name = 'subject'): string {
  const map = ShardMap.even(2);
  for (let index = 0; ; index++) {
    const subject = `${name}-${index}`;
    if (map.shardOf(slotOf(seriesId('default', TYPE, subject))) === shard) return subject;
  }
}

/** Reads that failed at once instead of waiting for shard 1. */
async function refusedReads(): Promise<number> {
  const text = await (await fetch(`${tally.addresses.admin['cluster-proxy']}/metrics`)).text();
  const [, count] =
    /^tally_cluster_proxy_reads_refused_total\{shard="1"\} (\d+)$/m.exec(text) ?? [];
  return Number(count ?? 0);
}

/** Stops a process with all its children where they are; the returned function lets them go on. */
function stopped(name: string): () => void {
  const pids = withChildren(tally.stack.process(name).pid ?? 0);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}

/** A process and its direct children: Postgres' connections are processes of their own. */
function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.trim().split(' ').filter(Boolean).map(Number)];
}

const EVERYONE = Object.fromEntries(
  APPS.map((app) => [app, app === 'shard-proxy' ? ['shard-proxy', 'shard-proxy-1'] : [app]]),
);

describe('the whole of Tally on one machine', () => {
  it('has every app of the repository, each in a process of its own, ready and registered', async () => {
    expect([...APPS].sort()).toEqual(readdirSync(join(ROOT, 'apps')).sort());
    const names = Object.keys(tally.addresses.admin);
    const pids = names.map((name) => tally.stack.process(name).pid);
    expect(new Set(pids).size).toBe(APPS.length + 1);
    for (const name of names)
      expect(await ready(name)).toMatchObject({ status: 200, report: { status: 'ready' } });
    expect(await registered()).toEqual(EVERYONE);
  });

  it('asks every shard through the cluster-proxy, in one trace down to the SQL', async () => {
    const session = tally.openZooKeeper();
    const instances = new InstanceRegistry(session).watchInstances('cluster-proxy');
    await eventually('the cluster-proxy is seen', () => instances.instances.length === 1);
    const service = packageDefinition()[
      'tally.cluster_proxy.v1.ClusterProxyService'
    ] as ServiceDefinition;
    const client = new ServiceClient({
      service: 'cluster-proxy',
      client: { service },
      instances,
      tls: await tally.tlsOf('query'),
    });
    const { shards } = await client.call<clusterProxy.GetClusterStatusResponse>(
      'GetClusterStatus',
      {},
      { deadlineMs: 5000 },
    );
    client.close();
    instances.close();
    await session.close();
    const up = { timelineId: 1, serverVersion: expect.stringMatching(/^18\./), inRecovery: false };
    expect(shards).toMatchObject([
      { shard: 0, status: { shard: 0, ...up } },
      { shard: 1, status: { shard: 1, ...up } },
    ]);
    expect(shards[0]?.status?.systemIdentifier).not.toBe(shards[1]?.status?.systemIdentifier);
    const trace = await eventually('the SQL is in the trace of the call', () => {
      const first = traces.spans.find(({ name }) => name.includes('GetClusterStatus'));
      const spans = traces.spans.filter(({ traceId }) => traceId === first?.traceId);
      return spans.some(({ name }) => name.startsWith('pg.query')) && spans;
    });
    expect(new Set(trace.map(({ service: name }) => name))).toEqual(
      new Set(['cluster-proxy', 'shard-proxy']),
    );
  }, 30_000);

  it('answers a path that there is not with problem details', async () => {
    const response = await tally.ask('/v1/nothing');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({
      status: 404,
      code: 'not_found',
      title: 'Not Found',
    });
  });

  it('keeps health and metrics off the public port, and has them on the admin port', async () => {
    for (const path of ['/metrics', '/health/live', '/health/ready']) {
      expect((await tally.ask(path)).status).toBe(404);
      expect((await fetch(`${tally.addresses.admin['gateway']}${path}`)).status).toBe(200);
    }
    const metrics = await (await fetch(`${tally.addresses.admin['shard-proxy']}/metrics`)).text();
    expect(metrics).toMatch(/^tally_build_info\{service="shard-proxy".*\} 1$/m);
    expect(metrics).toMatch(/^tally_postgres_pool_waiting\{pool="write"\} 0$/m);
  });

  it('registers everyone again after ZooKeeper was killed, and those that own nothing serve meanwhile', async () => {
    const zookeeper = tally.stack.process('zookeeper');
    const { pid } = zookeeper;
    // Held down until the sessions are lost, so that the supervisor cannot hide the outage.
    zookeeper.signal('SIGSTOP');
    await eventually('the gateway is degraded, not unready', async () => {
      const { status, report } = await ready('gateway');
      return status === 200 && report.status === 'degraded';
    });
    await eventually(
      'the processor, which owns work, is unready',
      async () => (await ready('processor')).status === 503,
    );
    zookeeper.signal('SIGKILL');
    await eventually('ZooKeeper runs again', () => zookeeper.running && zookeeper.pid !== pid);
    await eventually('everyone is ready', async () => {
      const states = await Promise.all(Object.keys(tally.addresses.admin).map(ready));
      return states.every(({ report }) => report.status === 'ready');
    });
    expect(await registered()).toEqual(EVERYONE);
    // ZooKeeper alone died: no service went down with it.
    expect(tally.lines.filter((line) => line.includes(' died '))).toEqual([
      'ZooKeeper died (SIGKILL); starting it again in 100 ms',
    ]);
  }, 60_000);

  it('starts a service again that was killed, and is ready again', async () => {
    const query = tally.stack.process('query');
    const before = query.pid;
    query.signal('SIGKILL');
    await eventually('query is another process and ready', async () => {
      return query.pid !== before && (await ready('query')).status === 200;
    });
    expect(tally.lines.join('\n')).toContain('query died (SIGKILL); starting it again in 100 ms');
  }, 30_000);

  it('is not ready without its Postgres, names the part, and recovers', async () => {
    const resume = stopped('postgres-1');
    const { report } = await eventually('shard-proxy-1 is unready', async () => {
      const answer = await ready('shard-proxy-1');
      return answer.status === 503 && answer;
    });
    expect(report.checks['postgres']).toMatchObject({ ok: false });
    expect((await ready('shard-proxy')).status).toBe(200);
    resume();
    await eventually(
      'shard-proxy-1 is ready',
      async () => (await ready('shard-proxy-1')).status === 200,
    );
  }, 30_000);

  it('answers what it last knew while a Postgres is stopped, at once, and is fresh soon after', async () => {
    const { gateway } = tally.addresses;
    const [here, away] = [subjectOn(0), subjectOn(1)];
    const body = JSON.stringify([here, away, away].map((subject) => ({ type: TYPE, subject })));
    const headers = { 'content-type': 'application/json' };
    const sent = await fetch(`${gateway}/v1/events`, { method: 'POST', headers, body });
    expect(sent.status).toBe(202);
    const reader = new JournalReader(gateway, TYPE);
    const known = await eventually('all are counted', async () => {
      const reading = await reader.read([here, away]);
      return reading.counts.join() === '1,2' && reading;
    });
    const resume = stopped('postgres-1');
    const stoppedAt = new Date().toISOString();
    // The first one finds out, and waits for it.
    await reader.read([here, away]);
    const refusedBefore = await refusedReads();
    for (let reads = 0; reads < 30; reads++) {
      const { asOf, tookMs: _, ...reading } = await reader.read([here, away]);
      expect(reading).toEqual({
        status: 200,
        retryAfter: null,
        counts: [1, 2],
        missing: [],
        isStale: true,
      });
      expect([asOf >= known.asOf, asOf < stoppedAt]).toEqual([true, true]);
    }
    // None of them waited for the shard.
    expect(await refusedReads()).toBe(refusedBefore + 30);
    const never = subjectOn(1, 'never-asked');
    const missing = await reader.read([here, never]);
    expect(missing).toMatchObject({ status: 200, counts: [1, 0], missing: [never] });
    expect(await reader.read([never])).toMatchObject({ status: 503, retryAfter: '1' });
    resume();
    await eventually('it is fresh', async () => {
      const { isStale, asOf, counts } = await reader.read([here, away]);
      return !isStale && asOf > stoppedAt && counts.join() === '1,2';
    });
  }, 60_000);

  it('drains on SIGTERM: takes its registration back, closes everything, ends with 0', async () => {
    tally.stack.process('partitioner').signal('SIGTERM');
    await eventually('its end is reported', () =>
      tally.lines.some((line) => line.startsWith('partitioner died (exit code 0)')),
    );
    const log = readFileSync(join(tally.dir, 'logs/partitioner.log'), 'utf8');
    expect(log).toMatch(/"outcome":"drained"/);
    expect(log).not.toContain('could not be closed');
    await eventually('it is ready again', async () => {
      return (await ready('partitioner')).report.status === 'ready';
    });
    expect(await registered()).toEqual(EVERYONE);
  }, 30_000);

  it('prints every missing or wrong setting at once and exits 1', () => {
    const main = join(ROOT, 'apps/shard-proxy/bundle/main.js');
    const env = { PATH: process.env['PATH'], TALLY_SHARD: '1024', TALLY_ADMIN_PORT: '9106' };
    let failure: { status?: number; stderr?: string } = {};
    try {
      execFileSync(process.execPath, [main], { env, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      failure = error as typeof failure;
    }
    expect(failure.status).toBe(1);
    expect(failure.stderr).toContain('shard-proxy: 4 settings are missing or wrong');
    for (const name of ['TALLY_ZOOKEEPER', 'TALLY_GRPC_PORT', 'TALLY_SHARD', 'TALLY_SHARD_URL']) {
      expect(failure.stderr).toContain(`  ${name}: expected `);
    }
  });

  it.each([
    [
      'its migration fails',
      async (client: pg.Client) => void (await client.query('CREATE TABLE series (id int)')),
      (url: URL) => url,
      'CREATE TABLE series: relation \\"series\\" already exists (SQLSTATE 42P07)',
    ],
    [
      'its password is wrong',
      async () => undefined,
      (url: URL) => Object.assign(url, { password: 'wrong' }),
      'password authentication failed for user \\"tally\\" (SQLSTATE 28P01)',
    ],
  ])(
    'ends a shard-proxy with one sentence and status 1 when %s',
    async (_, prepare, alter, why) => {
      const url = new URL(tally.addresses.shards[0] ?? '');
      const name = `spoiled_${Date.now()}`;
      await connected(url.href, (client) => client.query(`CREATE DATABASE ${name}`));
      url.pathname = `/${name}`;
      await connected(url.href, prepare);
      const [adminPort, grpcPort] = [await freePort(), await freePort()];
      const bundle = join(ROOT, 'apps/shard-proxy/bundle');
      const ended = promisify(execFile)(process.execPath, [join(bundle, 'main.js')], {
        cwd: bundle,
        timeout: 20_000,
        env: {
          PATH: process.env['PATH'],
          ...tally.addresses.tools,
          TALLY_SHARD: '5',
          TALLY_SHARD_URL: alter(url).href,
          TALLY_ZOOKEEPER: tally.addresses.zookeeper,
          TALLY_ADMIN_PORT: String(adminPort),
          TALLY_GRPC_PORT: String(grpcPort),
        },
      });
      const failure = await ended.then(
        () => expect('it').toBe('ended with status 1'),
        (error: unknown) => error as { readonly code: number; readonly stdout: string },
      );
      const fatal = failure?.stdout.split('\n').filter((line) => line.includes('"level":"fatal"'));
      expect([failure?.code, fatal]).toEqual([1, [expect.stringContaining(why)]]);
      expect(failure?.stdout).not.toContain('waiting for Postgres');
    },
  );
});

async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
