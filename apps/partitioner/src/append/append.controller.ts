import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { trace, TraceFlags } from '@opentelemetry/api';
import { CURRENT_SCHEMA_ID, readEntries, type partitioner } from '@tally/contracts';
import { TallyError } from '@tally/service-kit';
import { AppendQueue } from './append-queue.js';

@Controller()
export class AppendController {
  constructor(@Inject(AppendQueue) private readonly queue: AppendQueue) {}

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
    const span = trace.getActiveSpan()?.spanContext();
    const isSampled = span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) !== 0;
    await this.queue.add({
      schemaId,
      registryVersion,
      body,
      entries,
      trace: isSampled ? span : undefined,
    });
    return {};
  }
}
