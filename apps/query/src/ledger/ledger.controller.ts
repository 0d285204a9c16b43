import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { clusterProxy } from '@tally/contracts';
import { timeLeftMs, type ServiceClient } from '@tally/discovery';

/** The client of cluster-proxy. */
export const CLUSTER_PROXY = Symbol('cluster-proxy');

type Call = ServerUnaryCall<unknown, unknown>;

/** Passes on what is asked of the ledger and of losses: the gateway reaches the shards through here alone. */
@Controller()
export class LedgerController {
  constructor(@Inject(CLUSTER_PROXY) private readonly clusterProxy: ServiceClient) {}

  @GrpcMethod('QueryService', 'AcceptLoss')
  acceptLoss(request: clusterProxy.AcceptLossRequest, _: Metadata, call: Call) {
    return this.pass<clusterProxy.LossesResponse>('AcceptLoss', request, call);
  }

  @GrpcMethod('QueryService', 'ListLosses')
  listLosses(request: clusterProxy.ListLossesRequest, _: Metadata, call: Call) {
    return this.pass<clusterProxy.LossesResponse>('ListLosses', request, call);
  }

  @GrpcMethod('QueryService', 'ReadLedger')
  readLedger(request: clusterProxy.ReadLedgerRequest, _: Metadata, call: Call) {
    return this.pass<clusterProxy.LedgerResponse>('ReadLedger', request, call);
  }

  /** Each may be repeated: a loss is booked once. */
  private pass<T>(method: string, request: object, call: Call): Promise<T> {
    const deadlineMs = timeLeftMs(call.getDeadline());
    return this.clusterProxy.call(method, request, { deadlineMs, idempotent: true });
  }
}
