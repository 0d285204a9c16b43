import type { Deadline, Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { type clusterProxy, type shardProxy, TallyError } from '@tally/contracts';
import { callerGone } from '@tally/discovery';
import type { ShardMap } from '@tally/placement';
import { CurrentShardMap } from '../shard-map/current-shard-map.js';
import { failureOf, ShardProxies, timeFor } from '../shards/shard-proxies.js';
import { ShardBreaker } from '../shards/shard-breaker.js';
import { scatter } from './scatter.js';

/** All rows of an answer, and their sketches, must fit into one message of 16 MiB, with what is around them. */
const MAX_ANSWER_BYTES = 15 << 20;

export const DEADLINES = Symbol('deadlines');
export interface Deadlines {
  readonly applyDeadlineMs: number;
  readonly readDeadlineMs: number;
}

type Call<Request> = ServerUnaryCall<Request, unknown>;

@Controller()
export class CountersController {
  constructor(
    @Inject(CurrentShardMap) private readonly shardMap: CurrentShardMap,
    @Inject(ShardProxies) private readonly shards: ShardProxies,
    @Inject(DEADLINES) private readonly deadlines: Deadlines,
    @Inject(ShardBreaker) private readonly breaker: ShardBreaker,
  ) {}

  @GrpcMethod('ClusterProxyService', 'ReadCounters')
  async readCounters(
    request: clusterProxy.ReadCountersRequest,
    _: Metadata,
    call: Call<clusterProxy.ReadCountersRequest>,
  ): Promise<clusterProxy.ReadCountersResponse> {
    const map = this.shardMap.get();
    const until = { deadline: call.getDeadline(), signal: callerGone(call) };
    let shards = await this.gather(request, map, until);
    if (shards.some(({ failure }) => failure?.code === 'stale_epoch')) {
      const newer = await this.shardMap.refresh();
      if (newer.epoch > map.epoch) shards = await this.gather(request, newer, until);
    }
    const tooMany = shards.find(({ failure }) => failure?.code === 'payload_too_large');
    // Not a shard that is missing: the question has more of an answer than anybody would take.
    if (tooMany?.failure !== undefined)
      throw new TallyError('payload_too_large', tooMany.failure.message);
    const bytes = shards.reduce(
      (sum, { rows }) => sum + (rows?.rows.length ?? 0) + (rows?.sketches?.length ?? 0),
      0,
    );
    if (bytes > MAX_ANSWER_BYTES)
      throw new TallyError(
        'payload_too_large',
        `the answer has ${bytes} bytes: ask for fewer series, less time or a coarser granularity`,
      );
    return { shards };
  }

  private gather(
    { seriesIds, ...question }: clusterProxy.ReadCountersRequest,
    map: ShardMap,
    { deadline, signal }: { readonly deadline: Deadline; readonly signal: AbortSignal },
  ): Promise<clusterProxy.ShardRows[]> {
    const deadlineMs = timeFor(this.deadlines.readDeadlineMs, deadline);
    const epoch = String(map.epoch);
    return Promise.all(
      scatter(seriesIds, map).map(([shard, ids]) =>
        this.read({ ...question, shard, epoch, seriesIds: ids }, deadlineMs, signal),
      ),
    );
  }

  /** A shard that fails is named, and the others answer. */
  private async read(
    request: shardProxy.ReadCountersRequest,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<clusterProxy.ShardRows> {
    const { shard, seriesIds } = request;
    try {
      this.breaker.admit(shard);
      return {
        shard,
        seriesIds,
        rows: await this.shards.call(shard, 'ReadCounters', request, deadlineMs, signal),
      };
    } catch (error) {
      // A caller who waits less, or not at all, says nothing about the shard.
      if (!signal.aborted && deadlineMs >= this.deadlines.readDeadlineMs)
        this.breaker.failed(shard, error);
      return { shard, seriesIds, failure: failureOf(error) };
    }
  }
}
