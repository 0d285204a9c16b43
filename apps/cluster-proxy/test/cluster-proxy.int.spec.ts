import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { type clusterProxy, type shardProxy, TallyError } from '@tally/contracts';
import { ServiceClient, type ServiceInstance } from '@tally/discovery';
import {
  newInstallation,
  seriesId,
  SHARD_MAP_NODE,
  ShardMap,
  slotOf,
  type ShardMapDocument,
} from '@tally/placement';
import { createLogger } from '@tally/service-kit';
import { eventually, startZooKeeper, type ZooKeeperServer } from '@tally/testing';
import { whenCallerGoes } from '@tally/testing/stub-service';
import { ConfigNode, ZooKeeperSession } from '@tally/zookeeper';
import { Registry } from 'prom-client';
import { CountersController } from '../src/counters/counters.controller.js';
import { LedgerController } from '../src/ledger/ledger.controller.js';
import { breakerMetrics } from '../src/metrics.js';
import { CurrentShardMap } from '../src/shard-map/current-shard-map.js';
import { ShardBreaker } from '../src/shards/shard-breaker.js';
import { ShardProxies } from '../src/shards/shard-proxies.js';
import { ClusterStatusController } from '../src/status/cluster-status.controller.js';
import { FakeShard, SHARD_PROXY } from './fake-shard.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-cluster-proxy-'));
const logger = createLogger('cluster-proxy', { instance: 'test', logLevel: 'error' });
let zookeeper: ZooKeeperServer;
let session: ZooKeeperSession;
const maps: CurrentShardMap[] = [];
const STATUS = {
  shard: 1,
  systemIdentifier: '1',
  timelineId: 1,
  serverVersion: '18.4',
  inRecovery: false,
};

beforeAll(async () => {
  zookeeper = await startZooKeeper({ dir });
  const { connectString: connect } = zookeeper;
  session = new ZooKeeperSession({ connect, sessionTimeoutMs: 6000, logger }).start();
  await session.whenConnected(20_000);
}, 60_000);
afterAll(async () => {
  for (const map of maps) map.close();
  await session?.close();
  await zookeeper?.process.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

function shardMapAt(path: string, shards: number, kept = 0) {
  const node = new ConfigNode<ShardMapDocument>({ session, path, parse: ShardMap.parseDocument });
  const made = newInstallation('0123456789abcdef');
  const installation = async () => ({ ...made, kept: { ...made.kept, shardMap: kept } });
  const map = new CurrentShardMap({ node, installation, shards, logger });
  maps.push(map);
  return { node, map };
}

describe('the shard map', () => {
  it('of a new installation is made once, by the first of several that find none', async () => {
    const [one, two] = [shardMapAt('/new', 2), shardMapAt('/new', 3)];
    expect(() => one.map.get()).toThrow('not known yet');
    await Promise.all([one.map.ensure(), two.map.ensure()]);
    expect(one.map.get().document).toEqual(two.map.get().document);
    expect([2, 3]).toContain(one.map.get().shards.length);
    expect(one.map.get().epoch).toBe(1);
  });

  it('that is there is never changed, and followed', async () => {
    const { node, map } = shardMapAt('/there', 5);
    await node.update(() => ({ ...ShardMap.even(2).document, epoch: 7 }));
    await map.ensure();
    expect(await node.read()).toMatchObject({ version: 0, value: { epoch: 7 } });
    await node.update(() => ({ ...ShardMap.even(3).document, epoch: 8 }));
    await eventually('the new one is known', () => map.get().epoch === 8);
    await node.update(() => ({ ...ShardMap.even(4).document, epoch: 6 }));
    expect((await map.refresh()).epoch).toBe(8);
  });
});

describe('a shard map that shards keep', () => {
  it('is never made anew when ZooKeeper lost it', async () => {
    const { node, map } = shardMapAt('/lost', 2, 3);
    void map.ensure();
    await eventually('it says so', () => {
      expect(() => map.get()).toThrow('lost the shard map, of which shards keep epoch 3');
      return true;
    });
    expect(await node.read()).toBeUndefined();
    // What tools/installation restore does.
    await node.update(() => ({ ...ShardMap.even(3).document, epoch: 3 }));
    await eventually('it goes on', () => map.isKnown && map.get().epoch === 3);
  });
});

describe('a cluster-proxy with two shards', () => {
  let shards: [FakeShard, FakeShard];
  let client: ServiceClient;
  let breaker: ShardBreaker;
  let controller: CountersController;
  let ledger: LedgerController;
  let status: ClusterStatusController;
  let node: ConfigNode<ShardMapDocument>;
  const ids = Array.from({ length: 20 }, (_, index) => seriesId('default', 'view', `s${index}`));
  const of = (shard: number) => ids.filter((id) => ShardMap.even(2).shardOf(slotOf(id)) === shard);

  beforeEach(async () => {
    const answers = () => ({
      // Rows are passed on undecoded: any bytes do.
      ReadCounters: ({ epoch, seriesIds }: shardProxy.ReadCountersRequest) => ({
        rows: Buffer.concat([Buffer.from(`epoch ${epoch} `), seriesIds]),
        asOfMs: '5',
      }),
    });
    shards = [new FakeShard(answers()), new FakeShard(answers())];
    const instances = await Promise.all(
      shards.map(async (shard, number): Promise<ServiceInstance> => {
        const at = { host: '127.0.0.1', grpcPort: await shard.listen(), adminPort: 1 };
        const about = { service: 'shard-proxy', startedAt: '2026-01-01T00:00:00Z', version: '1' };
        return {
          id: `shard-proxy-${number}`,
          ...at,
          ...about,
          attributes: { shard: String(number) },
        };
      }),
    );
    const source = { instances, onChange: () => () => undefined };
    client = new ServiceClient({
      client: { service: SHARD_PROXY },
      service: 'shard-proxy',
      instances: source,
    });
    const current = shardMapAt(`${SHARD_MAP_NODE}-${crypto.randomUUID()}`, 2);
    node = current.node;
    await current.map.ensure();
    const shardClient = new ShardProxies({ client, instances: source });
    const deadlines = { applyDeadlineMs: 5000, readDeadlineMs: 500 };
    const probe = (shard: number) => shardClient.call(shard, 'GetShardStatus', {}, 500);
    const metrics = breakerMetrics(new Registry());
    breaker = new ShardBreaker({ probe, probeEveryMs: 20, metrics, logger });
    controller = new CountersController(current.map, shardClient, deadlines, breaker);
    ledger = new LedgerController(current.map, shardClient, deadlines);
    status = new ClusterStatusController(shardClient, current.map);
  });
  afterEach(() => {
    breaker.close();
    client.close();
    for (const shard of shards) shard.kill();
  });

  const call = (deadline: number | Date = Infinity) =>
    Object.assign(new EventEmitter(), {
      getDeadline: () => deadline,
    }) as unknown as ServerUnaryCall<never, unknown>;
  const nothing = undefined as unknown as Metadata;
  const read = (seriesIds: Buffer, deadline?: number | Date, caller = call(deadline)) =>
    controller.readCounters(
      {
        seriesIds,
        fromMinute: '0',
        toMinute: '9',
        topics: [{ topic: 't', partitions: 1 }],
        granularity: 'GRANULARITY_HOUR',
        maxRows: 7,
      },
      nothing,
      caller,
    );
  const outcome = async () => {
    const { shards: answers } = await read(Buffer.concat(ids));
    return answers.map(({ failure, rows }) => failure?.code ?? (rows === undefined ? '' : 'rows'));
  };
  const isAsked = (shard: number) => {
    try {
      breaker.admit(shard);
      return true;
    } catch {
      return false;
    }
  };
  const rowsOf = (answer: clusterProxy.ShardRows | undefined) =>
    Buffer.from(answer?.rows?.rows ?? []).toString('latin1');

  it('asks each shard for the series in its slots, and passes the bytes on', async () => {
    const { shards: answers } = await read(Buffer.concat(ids));
    expect(answers.map(({ shard }) => shard)).toEqual([0, 1]);
    for (const answer of answers) {
      const asked = Buffer.concat(of(answer.shard));
      expect(Buffer.from(answer.seriesIds).equals(asked)).toBe(true);
      expect(rowsOf(answer)).toBe(`epoch 1 ${asked.toString('latin1')}`);
      expect(answer.rows?.asOfMs).toBe('5');
    }
    expect((await read(of(1)[0] ?? Buffer.alloc(0))).shards).toHaveLength(1);
    expect(await read(Buffer.alloc(0))).toEqual({ shards: [] });
  });

  it('asks each shard for the groups of its subjects, and names one that fails', async () => {
    const all = Array.from({ length: 20 }, (_, index) => `s${index}`);
    for (const shard of shards)
      shard.answers.ReadGroups = ({ epoch, subjects, grouping }) => ({
        rows: Buffer.from(`epoch ${epoch}`),
        groups: subjects.map((subject, index) => ({
          subject: index,
          values: JSON.stringify([subject, grouping?.groupBy, grouping?.conditions]),
        })),
      });
    const conditions = [{ dimension: 'device', values: ['tv'], excluded: true }];
    const ask = () =>
      controller.readGroups(
        {
          project: 'default',
          type: 'view',
          subjects: all,
          grouping: { groupBy: ['country'], conditions },
          fromMinute: '0',
          toMinute: '9',
          topics: [{ topic: 't', partitions: 1 }],
          granularity: 'GRANULARITY_HOUR',
          maxRows: 7,
        },
        nothing,
        call(),
      );
    const { shards: answers } = await ask();
    expect(answers.map(({ shard }) => shard)).toEqual([0, 1]);
    for (const { shard, subjects, groups } of answers) {
      expect(subjects.map((subject) => seriesId('default', 'view', subject))).toEqual(of(shard));
      expect(Buffer.from(groups?.rows ?? []).toString()).toBe('epoch 1');
      expect(groups?.groups.map(({ values }) => JSON.parse(values) as unknown)).toEqual(
        subjects.map((subject) => [subject, ['country'], conditions]),
      );
    }
    shards[1].answers.ReadGroups = () => {
      throw new TallyError('unavailable', 'gone');
    };
    expect(
      (await ask()).shards.map(({ groups, failure }) => groups?.groups.length ?? failure?.code),
    ).toEqual([of(0).length, 'unavailable']);
  });

  it('names a shard that fails, that is down, or that is late, and the others answer', async () => {
    shards[1].answers.GetShardStatus = () => STATUS;
    shards[1].answers.ReadCounters = () => {
      throw new TallyError('deadline_exceeded', 'too slow');
    };
    expect(await outcome()).toEqual(['rows', 'deadline_exceeded']);
    await eventually('it is asked again', () => isAsked(1));
    shards[1].answers.ReadCounters = () => new Promise(() => undefined);
    expect(await outcome()).toEqual(['rows', 'deadline_exceeded']);
    await eventually('it is asked again', () => isAsked(1));
    shards[1].kill();
    expect(await outcome()).toEqual(['rows', 'unavailable']);
  });

  it.each([
    ['with the breaker one reader', true, 1],
    ['without it, which is the control, each', false, 4],
  ])('%s waits for a shard that does not answer', async (_, isThere, waited) => {
    if (!isThere) breaker.failed = () => undefined;
    const answering = shards[1].answers.ReadCounters;
    let asked = 0;
    shards[1].answers.ReadCounters = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    for (let reads = 0; reads < 4; reads++)
      expect(await outcome()).toEqual(['rows', expect.not.stringMatching('rows')]);
    expect(asked).toBe(waited);
    // Nobody has to ask for it: it is found by the next probe.
    if (answering !== undefined) shards[1].answers.ReadCounters = answering;
    shards[1].answers.GetShardStatus = () => STATUS;
    await eventually('it is asked again', () => isAsked(1));
    expect(await outcome()).toEqual(['rows', 'rows']);
  });

  it('does not believe a reader who waits less that a shard is away', async () => {
    const answering = shards[1].answers.ReadCounters;
    shards[1].answers.ReadCounters = () => new Promise(() => undefined);
    const { shards: answers } = await read(Buffer.concat(ids), Date.now() + 100);
    expect(answers[1]?.failure?.code).toBe('deadline_exceeded');
    expect(isAsked(1)).toBe(true);
    if (answering !== undefined) shards[1].answers.ReadCounters = answering;
    expect(await outcome()).toEqual(['rows', 'rows']);
  });

  it('passes on how many rows may come, and fails when a shard has more', async () => {
    const asked: number[] = [];
    shards[0].answers.ReadCounters = (request) => {
      asked.push(request.maxRows);
      throw new TallyError('payload_too_large', 'more than 7 windows');
    };
    await expect(read(Buffer.concat(ids))).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(asked).toEqual([7]);
  });

  it('asks for nobody who has gone', async () => {
    let left: Promise<number> | undefined;
    shards[1].answers.ReadCounters = (_, asked) => {
      left = whenCallerGoes(asked);
      return new Promise(() => undefined);
    };
    const caller = call();
    const answer = read(Buffer.concat(ids), undefined, caller);
    await eventually('the shard is asked', () => left !== undefined);
    caller.emit('cancelled');
    expect((await answer).shards[1]?.failure?.message).toBe('the caller waits no longer');
    expect(await left).toBeGreaterThan(0);
  });

  it('looks for a newer map when a shard says that ours is old, and asks again', async () => {
    const swapped = ShardMap.even(2).document.slots.map((range) => ({
      ...range,
      shard: 1 - range.shard,
    }));
    for (const shard of shards) {
      const answer = shard.answers.ReadCounters;
      shard.answers.ReadCounters = async (request, asked) => {
        if (request.epoch === '2' && answer !== undefined) return answer(request, asked);
        // The map changes while the request is on its way.
        await node.update(() => ({ epoch: 2, slots: swapped }));
        throw new TallyError('stale_epoch', 'the shard map has epoch 2');
      };
    }
    const { shards: answers } = await read(Buffer.concat(ids));
    expect(answers.map(rowsOf)).toEqual(
      [1, 0].map((shard) => `epoch 2 ${Buffer.concat(of(shard)).toString('latin1')}`),
    );
  });

  it('asks every shard under the map in force about losses, and names one that fails', async () => {
    await node.update(() => ({ ...ShardMap.even(2).document, epoch: 3 }));
    const loss: shardProxy.Loss = {
      partition: { topic: 't', partition: 3 },
      from: '1',
      to: '5',
      acceptedBy: 'ann',
      reason: 'a disk went bad',
      acceptedAtMs: '7',
      lostRecords: '0',
    };
    shards[0].answers.AcceptLoss = (request) => {
      expect(request).toEqual({ shard: 0, epoch: '3', loss });
      return { losses: [{ ...loss, lostRecords: '4' }] };
    };
    shards[1].kill();
    const { shards: booked } = await ledger.acceptLoss({ loss }, nothing, call());
    expect(booked).toMatchObject([
      { shard: 0, losses: { losses: [{ ...loss, lostRecords: '4' }] } },
      { shard: 1, failure: { code: 'unavailable' } },
    ]);
    shards[0].answers.ListLosses = ({ after, limit }) => ({ losses: after && limit ? [loss] : [] });
    expect(await ledger.listLosses({ after: loss, limit: 7 }, nothing, call())).toMatchObject({
      shards: [{ losses: { losses: [loss] } }, { failure: { code: 'unavailable' } }],
    });
    const asked = { fromHour: 3, toHour: 5, partition: 7 };
    shards[0].answers.ReadLedger = (request) => {
      expect(request).toMatchObject({ shard: 0, epoch: '3', ...asked });
      return { hours: [] };
    };
    const { shards: read } = await ledger.readLedger(asked, nothing, call());
    expect(read).toMatchObject([{ ledger: { hours: [] } }, { failure: { code: 'unavailable' } }]);
  });

  it('asks nobody when the caller waits no longer', async () => {
    await expect(read(Buffer.concat(ids), new Date(0))).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
  });

  it('names every shard of the map in its status', async () => {
    const answer = {
      shard: 0,
      systemIdentifier: '1',
      timelineId: 1,
      serverVersion: '18',
      inRecovery: false,
    };
    shards[0].answers.GetShardStatus = () => answer;
    shards[1].kill();
    expect(await status.getClusterStatus()).toMatchObject({
      shards: [
        { shard: 0, status: answer },
        { shard: 1, failure: { code: 'unavailable' } },
      ],
    });
  });
});
