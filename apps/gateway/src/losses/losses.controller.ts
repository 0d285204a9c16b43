import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import {
  type clusterProxy,
  ERROR_CODES,
  isErrorCode,
  type partitioner,
  TallyError,
} from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { Logger } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askService } from '../http/ask-service.js';
import { parseJsonDocument } from '../http/json-document.js';
import { jsonPieces, SlicedAnswers } from '../http/sliced-answer.js';
import { mediaTypeOf } from '../http/media-type.js';
import { readQuery } from '../http/query-parameters.js';
import { lossDocuments, readLoss } from './loss-document.js';
import { lossPage, readLossQuestion } from './loss-page.js';

/** What the losses controller is made of. */
export const LOSS_PARTS = Symbol('parts of the losses controller');

export interface LossParts {
  readonly partitioner: ServiceClient;
  readonly query: ServiceClient;
  readonly timeoutMs: number;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  now(): number;
}

/** Records that are gone: a person accepts it, and everybody can see who did. */
@Controller('v1/admin/losses')
export class LossesController {
  constructor(
    @Inject(LOSS_PARTS) private readonly parts: LossParts,
    @Inject(SlicedAnswers) private readonly answers: SlicedAnswers,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const question = readLossQuestion(request.url);
    const { shards } = await this.call<clusterProxy.LossesResponse>(
      'query',
      'ListLosses',
      question,
      'ask for fewer at once (limit)',
    );
    const missingShards = shards.flatMap(({ shard, failure }) => (failure ? [shard] : []));
    const { losses, next } = lossPage(lossesOf(shards), question.limit);
    this.answers.send(reply, jsonPieces({ missingShards, next }, 'losses', losses));
  }

  @Post()
  async accept(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    readQuery(request.url, []);
    mediaTypeOf(request.headers, ['application/json']);
    const { partition, from, to, by, reason } = readLoss(parseJsonDocument(request.body));
    const topic = await this.topicWithout(partition, to);
    const loss: clusterProxy.AcceptLossRequest['loss'] = {
      partition: { topic, partition },
      from: String(from),
      to: String(to),
      acceptedBy: by,
      reason,
      acceptedAtMs: String(this.parts.now()),
      lostRecords: '0',
    };
    const answer = await this.call<clusterProxy.LossesResponse>('query', 'AcceptLoss', { loss });
    this.assertBookedByAll(answer);
    const [booked] = lossDocuments(lossesOf(answer.shards));
    this.parts.logger.warn({ ...booked }, 'records are gone, and somebody accepted it');
    reply.status(200).send(booked);
  }

  /**
   * The events topic, if its log has nothing of this partition below `to`. Only the log can tell:
   * records that are there are counted, and nobody can give them up. Where it begins never goes back.
   */
  private async topicWithout(partition: number, to: number): Promise<string> {
    const { topic, partitions } = await this.call<partitioner.GetBoundsResponse>(
      'partitioner',
      'GetBounds',
      {},
    );
    const bounds = partitions.find((one) => one.partition === partition);
    if (bounds === undefined)
      throw new TallyError(
        'out_of_range',
        `expected a partition from 0 to ${partitions.length - 1}, got ${partition}`,
      );
    if (BigInt(to) > BigInt(bounds.low))
      throw new TallyError(
        'out_of_range',
        `expected offsets below ${bounds.low}, where the log of partition ${partition} begins, got offsets to ${to}: what the log has is counted and cannot be given up`,
      );
    return topic;
  }

  private assertBookedByAll({ shards }: clusterProxy.LossesResponse): void {
    const failed = shards.flatMap(({ shard, failure }) => (failure ? [{ shard, ...failure }] : []));
    if (failed.length === 0 && shards.length > 0) return;
    const mayPass = failed.every(({ code }) => isErrorCode(code) && ERROR_CODES[code].retryable);
    if (!mayPass) {
      this.parts.logger.error({ failed }, 'a shard refused a loss');
      throw new TallyError('internal', 'internal error');
    }
    const booked = shards.filter(({ losses }) => losses).map(({ shard }) => shard);
    const names = failed.map(({ shard, code }) => `shard ${shard} (${code})`).join(', ');
    throw new TallyError(
      'unavailable',
      `not booked by ${names || 'any shard'}; booked by ${booked.length === 0 ? 'none' : `shard ${booked.join(', ')}`}: the same request again finishes it`,
    );
  }

  /** A loss is booked once, however often it is said. */
  private call<T>(
    service: 'partitioner' | 'query',
    method: string,
    request: object,
    instead?: string,
  ): Promise<T> {
    const { timeoutMs, logger } = this.parts;
    return askService({
      client: this.parts[service],
      method,
      request,
      timeoutMs,
      logger,
      unavailable: 'the log or the shards cannot be asked now',
      failed: 'losses cannot be asked for',
      ...(instead && { instead }),
    });
  }
}

function lossesOf(shards: readonly clusterProxy.ShardLosses[]) {
  return shards.map(({ shard, losses }) => [shard, losses?.losses ?? []] as const);
}
