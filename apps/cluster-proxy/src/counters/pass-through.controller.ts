import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { ShardProxies, timeFor } from '../shards/shard-proxies.js';
import { DEADLINES, type Deadlines } from './counters.controller.js';

/** Paths of the methods below: their messages are neither decoded nor encoded. */
export const PASSED_THROUGH = [
  '/tally.cluster_proxy.v1.ClusterProxyService/ApplyDelta',
  '/tally.cluster_proxy.v1.ClusterProxyService/GetCoverage',
  '/tally.cluster_proxy.v1.ClusterProxyService/ReadDeadEvents',
  '/tally.cluster_proxy.v1.ClusterProxyService/SettleDeadEvents',
  '/tally.cluster_proxy.v1.ClusterProxyService/ListDeadEventActions',
];

type Call = ServerUnaryCall<Buffer, Buffer>;

/** What is for one shard alone: the bytes of its request go there, and those of the answer back. */
@Controller()
export class PassThroughController {
  constructor(
    @Inject(ShardProxies) private readonly shards: ShardProxies,
    @Inject(DEADLINES) private readonly deadlines: Deadlines,
  ) {}

  @GrpcMethod('ClusterProxyService', 'ApplyDelta')
  applyDelta(request: Buffer, _: Metadata, call: Call): Promise<Buffer> {
    return this.pass('ApplyDelta', request, call);
  }

  @GrpcMethod('ClusterProxyService', 'GetCoverage')
  getCoverage(request: Buffer, _: Metadata, call: Call): Promise<Buffer> {
    return this.pass('GetCoverage', request, call);
  }

  @GrpcMethod('ClusterProxyService', 'ReadDeadEvents')
  readDeadEvents(request: Buffer, _: Metadata, call: Call): Promise<Buffer> {
    return this.pass('ReadDeadEvents', request, call);
  }

  @GrpcMethod('ClusterProxyService', 'SettleDeadEvents')
  settleDeadEvents(request: Buffer, _: Metadata, call: Call): Promise<Buffer> {
    return this.pass('SettleDeadEvents', request, call);
  }

  @GrpcMethod('ClusterProxyService', 'ListDeadEventActions')
  listDeadEventActions(request: Buffer, _: Metadata, call: Call): Promise<Buffer> {
    return this.pass('ListDeadEventActions', request, call);
  }

  private async pass(method: string, request: Buffer, call: Call): Promise<Buffer> {
    const deadlineMs = timeFor(this.deadlines.applyDeadlineMs, call.getDeadline());
    return this.shards.pass(method, request, deadlineMs);
  }
}
