import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { CURRENT_SCHEMA_ID, type partitioner, readEntries, TallyError } from '@tally/contracts';
import { GatheringQueue } from '@tally/resilience';
import { recordedSpan } from '@tally/service-kit';
import type { AppendJob } from './append-job.js';

@Controller()
export class AppendController {
  constructor(@Inject(GatheringQueue) private readonly queue: GatheringQueue<AppendJob>) {}

  @GrpcMethod('PartitionerService', 'Append')
  async append(request: partitioner.AppendRequest): Promise<partitioner.AppendResponse> {
    const { schemaId, registryVersion, count } = request;
    if (schemaId < 1 || schemaId > CURRENT_SCHEMA_ID)
      throw new TallyError(
        'invalid_argument',
        `expected a schema id up to ${CURRENT_SCHEMA_ID}, got ${schemaId}`,
      );
    const body = request.events;
    const entries = readEntries(body, count);
    if (entries.kind === 'malformed') throw new TallyError('invalid_argument', entries.reason);
    if (count === 0) return {};
    const trace = recordedSpan();
    const appended = this.queue.add({ schemaId, registryVersion, body, entries, trace });
    if (appended === undefined)
      throw new TallyError(
        'unavailable',
        `${this.queue.queuedBytes} bytes already wait for the log`,
      );
    await appended;
    return {};
  }
}
