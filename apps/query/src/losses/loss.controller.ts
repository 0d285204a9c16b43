import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { type clusterProxy, TallyError } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';

/** The client of cluster-proxy. */
export const CLUSTER_PROXY = Symbol('cluster-proxy');

/** Share of the caller's time for the shards: the rest is for the answer's way back. */
const SHARE = 0.9;

type Call = ServerUnaryCall<unknown, unknown>;

/** Passes losses on: the gateway reaches the shards through here alone. */
@Controller()
export class LossController {
  constructor(@Inject(CLUSTER_PROXY) private readonly clusterProxy: ServiceClient) {}

  @GrpcMethod('QueryService', 'AcceptLoss')
  acceptLoss(request: clusterProxy.AcceptLossRequest, _: Metadata, call: Call) {
    return this.pass('AcceptLoss', request, call);
  }

  @GrpcMethod('QueryService', 'ListLosses')
  listLosses(request: clusterProxy.ListLossesRequest, _: Metadata, call: Call) {
    return this.pass('ListLosses', request, call);
  }

  /** Each may be repeated: a loss is booked once. */
  private pass(method: string, request: object, call: Call): Promise<clusterProxy.LossesResponse> {
    const deadlineMs = (Number(call.getDeadline()) - Date.now()) * SHARE;
    if (deadlineMs <= 0) throw new TallyError('deadline_exceeded', 'the caller waits no longer');
    return this.clusterProxy.call(method, request, { deadlineMs, idempotent: true });
  }
}
