import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { type clusterProxy, type shardProxy, TallyError } from '@tally/contracts';
import { callerGone } from '@tally/discovery';
import type { ShardMap } from '@tally/placement';
import { CurrentShardMap } from '../shard-map/current-shard-map.js';
import { failureOf, ShardProxies, timeFor } from '../shards/shard-proxies.js';
import { ShardBreaker } from '../shards/shard-breaker.js';
import { scatter, scatterSubjects } from './scatter.js';

/** All rows of an answer, and their sketches, must fit into one message of 16 MiB, with what is around them. */
const MAX_ANSWER_BYTES = 15 << 20;

export const DEADLINES = Symbol('deadlines');
export interface Deadlines {
  readonly applyDeadlineMs: number;
  readonly readDeadlineMs: number;
}

type Call<Request> = ServerUnaryCall<Request, unknown>;

/** A question of which each shard gets its part, by shards that ascend. */
interface Question<Part> {
  readonly method: string;
  parts(map: ShardMap): readonly (readonly [shard: number, part: Part])[];
  request(part: Part, shard: number, epoch: string): object;
}

/** What of an answer is large. */
interface AnswerBytes {
  readonly rows: Uint8Array;
  readonly sketches?: Uint8Array | undefined;
}

/** What one shard said to its part. */
interface ShardAnswer<Part, Answer> {
  readonly shard: number;
  readonly part: Part;
  readonly answer?: Answer;
  readonly failure?: clusterProxy.Failure;
}

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
    { seriesIds, ...question }: clusterProxy.ReadCountersRequest,
    _: Metadata,
    call: Call<clusterProxy.ReadCountersRequest>,
  ): Promise<clusterProxy.ReadCountersResponse> {
    const shards = await this.ask<Buffer, shardProxy.ReadCountersResponse>(call, {
      method: 'ReadCounters',
      parts: (map) => scatter(seriesIds, map),
      request: (ids, shard, epoch) => ({ ...question, shard, epoch, seriesIds: ids }),
    });
    return {
      shards: shards.map(({ part, answer: rows, ...named }) => ({
        ...named,
        seriesIds: part,
        ...(rows && { rows }),
      })),
    };
  }

  @GrpcMethod('ClusterProxyService', 'ReadGroups')
  async readGroups(
    question: clusterProxy.ReadGroupsRequest,
    _: Metadata,
    call: Call<clusterProxy.ReadGroupsRequest>,
  ): Promise<clusterProxy.ReadGroupsResponse> {
    const shards = await this.ask<readonly string[], shardProxy.ReadGroupsResponse>(call, {
      method: 'ReadGroups',
      parts: (map) => scatterSubjects(question, map),
      request: (subjects, shard, epoch) => ({ ...question, shard, epoch, subjects }),
    });
    return {
      shards: shards.map(({ part, answer: groups, ...named }) => ({
        ...named,
        subjects: part,
        ...(groups && { groups }),
      })),
    };
  }

  /** By the map in force, also where that changes meanwhile. A shard that fails is named. */
  private async ask<Part, Answer extends AnswerBytes>(
    call: Call<unknown>,
    question: Question<Part>,
  ): Promise<ShardAnswer<Part, Answer>[]> {
    const map = this.shardMap.get();
    const signal = callerGone(call);
    let shards = await this.gather<Part, Answer>(question, map, call, signal);
    if (shards.some(({ failure }) => failure?.code === 'stale_epoch')) {
      const newer = await this.shardMap.refresh();
      if (newer.epoch > map.epoch)
        shards = await this.gather<Part, Answer>(question, newer, call, signal);
    }
    const tooMany = shards.find(({ failure }) => failure?.code === 'payload_too_large');
    // Not a shard that is missing: the question has more of an answer than anybody would take.
    if (tooMany?.failure !== undefined)
      throw new TallyError('payload_too_large', tooMany.failure.message);
    const bytes = shards.reduce(
      (sum, { answer }) => sum + (answer?.rows.length ?? 0) + (answer?.sketches?.length ?? 0),
      0,
    );
    if (bytes > MAX_ANSWER_BYTES)
      throw new TallyError(
        'payload_too_large',
        `the answer has ${bytes} bytes: ask for fewer series, less time or a coarser granularity`,
      );
    return shards;
  }

  private gather<Part, Answer>(
    { method, parts, request }: Question<Part>,
    map: ShardMap,
    call: Call<unknown>,
    signal: AbortSignal,
  ): Promise<ShardAnswer<Part, Answer>[]> {
    const deadlineMs = timeFor(this.deadlines.readDeadlineMs, call.getDeadline());
    const epoch = String(map.epoch);
    return Promise.all(
      parts(map).map(async ([shard, part]): Promise<ShardAnswer<Part, Answer>> => {
        try {
          this.breaker.admit(shard);
          const own = request(part, shard, epoch);
          const answer = await this.shards.call<Answer>(shard, method, own, deadlineMs, signal);
          return { shard, part, answer };
        } catch (error) {
          // A caller who waits less, or not at all, says nothing about the shard.
          if (!signal.aborted && deadlineMs >= this.deadlines.readDeadlineMs)
            this.breaker.failed(shard, error);
          return { shard, part, failure: failureOf(error) };
        }
      }),
    );
  }
}
