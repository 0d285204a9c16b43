import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { CURRENT_SCHEMA_ID, type partitioner, readEntries, TallyError } from '@tally/contracts';
import { GatheringQueue } from '@tally/resilience';
import { recordedSpan } from '@tally/service-kit';
import { AppendExpiry } from '../expiry/append-expiry.js';
import type { AppendJob, AppendOutcome } from './append-job.js';

@Controller()
export class AppendController {
  constructor(
    @Inject(GatheringQueue) private readonly queue: GatheringQueue<AppendJob, AppendOutcome>,
    @Inject(AppendExpiry) private readonly expiry: AppendExpiry,
  ) {}

  @GrpcMethod('PartitionerService', 'Append')
  async append(request: partitioner.AppendRequest): Promise<partitioner.AppendResponse> {
    const outcome = await this.appended(request);
    if (outcome === 'expired' && request.arrivedMs === undefined)
      throw new TallyError('unavailable', 'the log appended the events too late to count them');
    const logTimeMs = this.expiry.knownNowMs;
    return {
      logTimeMs: logTimeMs === undefined ? undefined : String(logTimeMs),
      expired: outcome === 'expired',
    };
  }

  private async appended(request: partitioner.AppendRequest): Promise<AppendOutcome> {
    const { schemaId, registryVersion, count } = request;
    if (schemaId < 1 || schemaId > CURRENT_SCHEMA_ID)
      throw new TallyError(
        'invalid_argument',
        `expected a schema id up to ${CURRENT_SCHEMA_ID}, got ${schemaId}`,
      );
    const body = request.events;
    const entries = readEntries(body, count);
    if (entries.kind === 'malformed') throw new TallyError('invalid_argument', entries.reason);
    if (count === 0) return 'durable';
    const arrivedMs = this.arrivalOf(request);
    // Before they gather with others: those are not to share its fate.
    if (this.expiry.isPast(arrivedMs)) return 'expired';
    const trace = recordedSpan();
    const catalogPosition = BigInt(request.catalogPosition);
    const job = { schemaId, registryVersion, body, entries, arrivedMs, catalogPosition, trace };
    const appended = this.queue.add(job);
    if (appended === undefined)
      throw new TallyError(
        'unavailable',
        `${this.queue.queuedBytes} bytes already wait for the log`,
      );
    return appended;
  }

  private arrivalOf({ arrivedMs }: partitioner.AppendRequest): number {
    if (arrivedMs === undefined) return this.expiry.nowMs;
    const arrival = Number(arrivedMs);
    if (!Number.isSafeInteger(arrival) || arrival < 0)
      throw new TallyError(
        'invalid_argument',
        `expected an arrival in ms since 1970, got ${arrivedMs}`,
      );
    return arrival;
  }
}
