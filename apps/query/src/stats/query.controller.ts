import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { query } from '@tally/contracts';
import { StatsReader } from './stats-reader.js';

@Controller()
export class QueryController {
  constructor(@Inject(StatsReader) private readonly reader: StatsReader) {}

  @GrpcMethod('QueryService', 'GetStats')
  getStats(request: query.GetStatsRequest): Promise<query.GetStatsResponse> {
    return this.reader.getStats(request);
  }
}
