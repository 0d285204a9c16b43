import { randomUUID } from 'node:crypto';
import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { TallyError, type deadLetterReplayer, type shardProxy } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { Logger } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askService } from '../http/ask-service.js';
import { parseJsonDocument } from '../http/json-document.js';
import { mediaTypeOf } from '../http/media-type.js';
import { ParameterReader } from '../http/parameter-reader.js';
import { readQuery } from '../http/query-parameters.js';
import { jsonPieces, SlicedAnswers } from '../http/sliced-answer.js';
import {
  actionDocument,
  deadEventDetailDocument,
  deadEventDocument,
  groupDocument,
  readSettlement,
  settledDocument,
} from './dead-event-document.js';
import {
  DEAD_EVENT_GROUP_PARAMETERS,
  readActionQuestion,
  readDeadEventQuestion,
} from './dead-event-question.js';

/** What the controller of dead events is made of. */
export const DEAD_EVENT_PARTS = Symbol('parts of the dead events controller');

export interface DeadEventParts {
  readonly replayer: ServiceClient;
  readonly timeoutMs: number;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  now(): number;
}

/** Longer than the replayer goes on with one request. */
const SETTLES_WITHIN_MS = 30_000;

/** Events that nobody counts: people look at them, have them counted all the same, or discard them. */
@Controller('v1/admin/dead-events')
export class DeadEventsController {
  constructor(
    @Inject(DEAD_EVENT_PARTS) private readonly parts: DeadEventParts,
    @Inject(SlicedAnswers) private readonly answers: SlicedAnswers,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const question = readDeadEventQuestion(request.url, this.parts.now());
    const { events, next, missingShards } =
      await this.call<deadLetterReplayer.ListDeadEventsResponse>('ListDeadEvents', question);
    const head = { missingShards, next: next === '' ? undefined : next };
    this.answers.send(reply, jsonPieces(head, 'events', events.map(deadEventDocument)));
  }

  @Get('groups')
  async groups(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { now } = this.parts;
    const { filter, after } = readDeadEventQuestion(
      request.url,
      now(),
      DEAD_EVENT_GROUP_PARAMETERS,
    );
    const { groups, next, missingShards } =
      await this.call<deadLetterReplayer.CountDeadEventsResponse>('CountDeadEvents', {
        filter,
        after,
      });
    const head = { missingShards, next: next === '' ? undefined : next };
    this.answers.send(reply, jsonPieces(head, 'groups', groups.map(groupDocument)));
  }

  @Get('actions')
  async actions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const question = readActionQuestion(request.url, this.parts.now());
    const { actions, missingShards } =
      await this.call<deadLetterReplayer.ListDeadEventActionsResponse>(
        'ListDeadEventActions',
        question,
      );
    this.answers.send(reply, jsonPieces({ missingShards }, 'actions', actions.map(actionDocument)));
  }

  @Get(':partition/:offset/:index')
  async get(
    @Req() request: FastifyRequest,
    @Param() { partition = '', offset = '', index = '' }: Readonly<Record<string, string>>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    readQuery(request.url, []);
    if (!/^\d{1,9}$/.test(partition) || !/^\d{1,18}$/.test(offset) || !/^\d{1,9}$/.test(index))
      throw new TallyError('invalid_argument', 'expected a partition, an offset and an index');
    const key = {
      partition: Number(partition),
      offset: String(BigInt(offset)),
      index: Number(index),
    };
    const detail = await this.call<deadLetterReplayer.DeadEventDetail>('GetDeadEvent', { key });
    reply.status(200).send(deadEventDetailDocument(detail));
  }

  @Post('replay')
  replay(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.settle('SETTLEMENT_REPLAYED', request, reply);
  }

  @Post('discard')
  discard(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.settle('SETTLEMENT_DISCARDED', request, reply);
  }

  private async settle(
    settlement: shardProxy.Settlement,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { logger, now } = this.parts;
    const reader = new ParameterReader(request.url, ['dryRun']);
    const dryRun = reader.word('dryRun', ['true', 'false']) === 'true';
    if (reader.hasProblems) throw reader.refusal();
    mediaTypeOf(request.headers, ['application/json']);
    const { by, reason, selection, ...asked } = readSettlement(
      parseJsonDocument(request.body),
      now(),
    );
    const id = randomUUID();
    const action: shardProxy.DeadEventAction = {
      id,
      settlement,
      takenBy: by,
      reason,
      takenAtMs: String(now()),
      selection,
      events: '0',
    };
    const answer = await this.call<deadLetterReplayer.SettleDeadEventsResponse>(
      'SettleDeadEvents',
      { ...asked, action, dryRun },
      SETTLES_WITHIN_MS,
    );
    const settled = settledDocument(answer, dryRun ? undefined : id);
    if (!dryRun)
      logger.warn({ settlement, by, reason, ...settled }, 'somebody settled dead events');
    reply.status(200).send(settled);
  }

  /** What is settled is settled once, however often it is said. */
  private call<T>(method: string, request: object, timeoutMs = this.parts.timeoutMs): Promise<T> {
    return askService({
      client: this.parts.replayer,
      method,
      request,
      timeoutMs,
      logger: this.parts.logger,
      unavailable: 'the log or the shards cannot be asked now; what was settled is',
      failed: 'dead events cannot be asked for',
      instead: 'ask for fewer at once (limit)',
      expected: ['not_found', 'invalid_argument'],
    });
  }
}
