import type { Deadline } from '@grpc/grpc-js';
import { type clusterProxy, namedShard, TallyError } from '@tally/contracts';
import {
  timeLeftMs,
  type CallOptions,
  type InstanceSource,
  type ServiceClient,
} from '@tally/discovery';

/** The shard-proxies, asked by the number of their shard. Failures are TallyErrors. */
export class ShardProxies {
  constructor(
    private readonly peer: { readonly client: ServiceClient; readonly instances: InstanceSource },
  ) {}

  /** Shards that have an instance now. */
  get present(): number[] {
    return this.peer.instances.instances.map(({ attributes }) => Number(attributes['shard']));
  }

  /** All calls may be repeated: deltas are counted once, the others read. An abort throws its reason. */
  call<Response>(
    shard: number,
    method: string,
    request: object,
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<Response> {
    return this.peer.client.call<Response>(method, request, {
      ...optionsFor(shard, deadlineMs),
      ...(signal && { signal }),
    });
  }

  /** As `call`, of the shard that the request names: bytes of messages, which are not read here. */
  pass(method: string, request: Buffer, deadlineMs: number): Promise<Buffer> {
    return this.peer.client.call<Buffer>(method, request, {
      ...optionsFor(namedShard(request), deadlineMs),
      isEncoded: true,
      readAnswer: (answer) => answer,
    });
  }
}

function optionsFor(shard: number, deadlineMs: number): CallOptions {
  return {
    deadlineMs,
    idempotent: true,
    select: ({ attributes }) => attributes['shard'] === String(shard),
  };
}

/** How a failed shard is named in an answer; a bug is thrown. */
export function failureOf(error: unknown): clusterProxy.Failure {
  if (!(error instanceof TallyError)) throw error;
  return { code: error.code, message: error.message };
}

/** The time for a shard, in ms: `mostMs`, or less when the caller waits less. */
export function timeFor(mostMs: number, callerWaitsUntil: Deadline): number {
  return Math.min(mostMs, timeLeftMs(callerWaitsUntil));
}
