import type { partitioner } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';

/** The way of events to the log: any partitioner. */
export class EventLog {
  constructor(
    private readonly partitioner: ServiceClient,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Resolves when all events are durable; any failure (TallyError) leaves that open. Copies of an
   * event are recognised by its id, so that one that was never sent may be tried at another instance.
   */
  async append(request: partitioner.AppendRequest): Promise<void> {
    await this.partitioner.call<partitioner.AppendResponse>('Append', request, {
      deadlineMs: this.timeoutMs,
      idempotent: true,
    });
  }
}
