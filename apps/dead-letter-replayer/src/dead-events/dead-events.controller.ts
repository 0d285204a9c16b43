import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { deadLetterReplayer, shardProxy } from '@tally/contracts';
import { Replayer } from '../delivery/replayer.js';
import { DeadEventReader } from './dead-event-reader.js';
import { DeadEventSettler } from './dead-event-settler.js';
import { DeadEventShards } from './dead-event-shards.js';

/** Dead events for people. */
@Controller()
export class DeadEventsController {
  constructor(
    @Inject(DeadEventReader) private readonly reader: DeadEventReader,
    @Inject(DeadEventSettler) private readonly settler: DeadEventSettler,
    @Inject(DeadEventShards) private readonly shards: DeadEventShards,
    @Inject(Replayer) private readonly replayer: Replayer,
  ) {}

  @GrpcMethod('DeadLetterReplayerService', 'ListDeadEvents')
  list(
    request: deadLetterReplayer.ListDeadEventsRequest,
  ): Promise<deadLetterReplayer.ListDeadEventsResponse> {
    return this.reader.list(request);
  }

  @GrpcMethod('DeadLetterReplayerService', 'GetDeadEvent')
  get({
    key,
  }: deadLetterReplayer.GetDeadEventRequest): Promise<deadLetterReplayer.DeadEventDetail> {
    return this.reader.get(key);
  }

  @GrpcMethod('DeadLetterReplayerService', 'CountDeadEvents')
  count(
    request: deadLetterReplayer.CountDeadEventsRequest,
  ): Promise<deadLetterReplayer.CountDeadEventsResponse> {
    return this.reader.count(request);
  }

  @GrpcMethod('DeadLetterReplayerService', 'SettleDeadEvents')
  settle(
    request: deadLetterReplayer.SettleDeadEventsRequest,
  ): Promise<deadLetterReplayer.SettleDeadEventsResponse> {
    return this.settler.settle(request);
  }

  @GrpcMethod('DeadLetterReplayerService', 'ListDeadEventActions')
  async actions({
    beforeMs,
    limit,
  }: deadLetterReplayer.ListDeadEventActionsRequest): Promise<deadLetterReplayer.ListDeadEventActionsResponse> {
    const { shardMap } = this.replayer.installed().rules;
    const { actions, missing } = await this.shards.actions(shardMap, beforeMs, limit);
    const byId = new Map<string, shardProxy.DeadEventAction>();
    for (const action of actions) {
      const events = Number(byId.get(action.id)?.events ?? 0) + Number(action.events);
      byId.set(action.id, { ...action, events: String(events) });
    }
    const latest = [...byId.values()].sort(
      (one, other) => Number(other.takenAtMs) - Number(one.takenAtMs),
    );
    return { actions: latest.slice(0, limit), missingShards: missing };
  }
}
