import { afterEach, describe, expect, it } from '@jest/globals';
import type { Metadata, MethodDefinition, ServerUnaryCall } from '@grpc/grpc-js';
import { packageDefinition, type shardProxy, TallyError } from '@tally/contracts';
import { ServiceClient } from '@tally/discovery';
import { PASSED_THROUGH, PassThroughController } from '../src/counters/pass-through.controller.js';
import { ShardProxies } from '../src/shards/shard-proxies.js';
import { FakeShard, SHARD_PROXY } from './fake-shard.js';

const CLUSTER_PROXY = packageDefinition()[
  'tally.cluster_proxy.v1.ClusterProxyService'
] as unknown as {
  readonly ApplyDelta: MethodDefinition<
    shardProxy.ApplyDeltaRequest,
    shardProxy.ApplyDeltaResponse
  >;
  readonly GetCoverage: MethodDefinition<
    shardProxy.GetCoverageRequest,
    shardProxy.GetCoverageResponse
  >;
};
const { ApplyDelta, GetCoverage } = CLUSTER_PROXY;
const partition = { topic: 't', partition: 3 };
const ranges = [{ partition, ranges: [{ from: '1', to: '18446744073709551615' }] }];
const rows = Buffer.from('not looked at');
const delta: shardProxy.ApplyDeltaRequest = {
  shard: 1,
  epoch: '9',
  rows,
  ranges,
  seriesNames: Buffer.alloc(0),
  splitRules: [],
  ledger: [],
  instants: [],
  dead: [],
};
const identity = { timelineId: 4, systemIdentifier: '77', startedAtMs: '5' };

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

/** A cluster-proxy in front of shards of these numbers. */
async function start(shards: Readonly<Record<number, FakeShard>>) {
  const instances = await Promise.all(
    Object.entries(shards).map(async ([number, shard]) => {
      ending.push(() => shard.kill());
      const address = { host: '127.0.0.1', grpcPort: await shard.listen(), adminPort: 1 };
      const about = { service: 'shard-proxy', startedAt: '2026-01-01T00:00:00Z', version: '1' };
      return { id: `shard-proxy-${number}`, ...address, ...about, attributes: { shard: number } };
    }),
  );
  const source = { instances, onChange: () => () => undefined };
  const client = new ServiceClient({
    client: { service: SHARD_PROXY },
    service: 'shard-proxy',
    instances: source,
  });
  ending.push(() => client.close());
  const deadlines = { applyDeadlineMs: 5000, readDeadlineMs: 500 };
  const controller = new PassThroughController(
    new ShardProxies({ client, instances: source }),
    deadlines,
  );
  const nothing = undefined as unknown as Metadata;
  const call = { getDeadline: () => Infinity } as ServerUnaryCall<Buffer, Buffer>;
  return {
    applyDelta: async (request: shardProxy.ApplyDeltaRequest) =>
      ApplyDelta.responseDeserialize(
        await controller.applyDelta(ApplyDelta.requestSerialize(request), nothing, call),
      ),
    getCoverage: async (request: shardProxy.GetCoverageRequest) =>
      GetCoverage.responseDeserialize(
        await controller.getCoverage(GetCoverage.requestSerialize(request), nothing, call),
      ),
    applyBytes: (bytes: Buffer) => controller.applyDelta(bytes, nothing, call),
  };
}

describe('what is for one shard', () => {
  it('reaches that shard, and its answer comes back', async () => {
    const overlap = { outcome: 'APPLY_OUTCOME_OVERLAP', uncovered: ranges, ...identity } as const;
    const coverage = { coverage: ranges, acceptedLosses: ranges, ...identity };
    const other = new FakeShard({ ApplyDelta: () => ({ ...overlap, timelineId: 8 }) });
    const meant = new FakeShard({
      ApplyDelta: (request) => {
        expect(request).toEqual(delta);
        return overlap;
      },
      GetCoverage: () => coverage,
    });
    const { applyDelta, getCoverage } = await start({ 0: other, 1: meant });
    expect(await applyDelta(delta)).toEqual(overlap);
    expect(await getCoverage({ shard: 1, epoch: '9', partitions: [partition] })).toEqual(coverage);
    expect(await applyDelta({ ...delta, shard: 0 })).toMatchObject({ timelineId: 8 });
  });

  it('fails as it fails there, or when no shard has its number', async () => {
    const shard = new FakeShard({
      ApplyDelta: () => {
        throw new TallyError('stale_epoch', 'the shard map has epoch 10');
      },
    });
    const { applyDelta, applyBytes } = await start({ 1: shard });
    await expect(applyDelta(delta)).rejects.toMatchObject({ code: 'stale_epoch' });
    const elsewhere = applyDelta({ ...delta, shard: 5 });
    await expect(elsewhere).rejects.toMatchObject({ code: 'unavailable' });
    const nonsense = applyBytes(Buffer.from([0xff]));
    await expect(nonsense).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('is named as it is served', () => {
    const names = ['ApplyDelta', 'GetCoverage'];
    const ofDeadEvents = ['ReadDeadEvents', 'SettleDeadEvents', 'ListDeadEventActions'];
    const methods: Readonly<Record<string, { readonly path: string }>> = CLUSTER_PROXY;
    expect(PASSED_THROUGH).toEqual([...names, ...ofDeadEvents].map((name) => methods[name]?.path));
  });
});
