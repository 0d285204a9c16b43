import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { query } from '@tally/contracts';
import { callerGone, timeLeftMs } from '@tally/discovery';
import { StatsReader } from './stats-reader.js';

@Controller()
export class QueryController {
  constructor(@Inject(StatsReader) private readonly reader: StatsReader) {}

  @GrpcMethod('QueryService', 'GetStats')
  getStats(
    request: query.GetStatsRequest,
    _: Metadata,
    call: ServerUnaryCall<query.GetStatsRequest, query.GetStatsResponse>,
  ): Promise<Buffer> {
    const mostMs = timeLeftMs(call.getDeadline());
    return this.reader.getStats(request, { mostMs, signal: callerGone(call) });
  }
}
