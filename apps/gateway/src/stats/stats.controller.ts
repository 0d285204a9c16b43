import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { type query, TallyError } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import { type Logger } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askService } from '../http/ask-service.js';
import { whenClosed, WRITING_BYTES, type SlicedAnswers } from '../http/sliced-answer.js';
import { PROJECT } from '../project.js';
import { WIRE_GRANULARITY } from './limits.js';
import { answerPieces } from './stats-document.js';
import { pointsOf, readQuestion, type PointLimits, type StatsQuestion } from './stats-question.js';

export const STATS_PARTS = Symbol('parts of the statistics controller');

export interface StatsParts {
  readonly query: ServiceClient;
  readonly timeoutMs: number;
  readonly limits: PointLimits;
  readonly answers: SlicedAnswers;
  readonly staleAfterMs: number;
  readonly logger: Pick<Logger, 'error'>;
  now(): number;
}

/** Of a window as it came: six texts of some digits, and the message they came in. */
const WINDOW_BYTES = 400;

@Controller('v1/stats')
export class StatsController {
  constructor(@Inject(STATS_PARTS) private readonly parts: StatsParts) {}

  @Get()
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { limits, answers, staleAfterMs, now } = this.parts;
    const question = readQuestion(request.url, limits);
    const room = answers.reserve(reply, bytesOf(pointsOf(question)));
    const answer = await this.ask(question, readerGone(reply));
    const { missingShards } = answer;
    // A sum without a part of it would be taken for the whole.
    if (missingShards.length > 0 && question.granularity === 'total' && !question.allowPartial)
      throw new TallyError(
        'unavailable',
        `no total without the shards ${missingShards.join(', ')}, which do not answer; partial=allow leaves them out`,
      );
    room.shrinkTo(bytesOf(answer.subjects.reduce((sum, { windows }) => sum + windows.length, 0)));
    reply.status(200);
    answers.send(reply, answerPieces(question, answer, { nowMs: now(), staleAfterMs }), room);
  }

  private ask(question: StatsQuestion, signal: AbortSignal): Promise<query.GetStatsResponse> {
    const { type, subjects, fromMs, toMs, granularity } = question;
    const request: query.GetStatsRequest = {
      project: PROJECT,
      type,
      subjects,
      fromMs: String(fromMs),
      toMs: String(toMs),
      granularity: WIRE_GRANULARITY[granularity],
    };
    const { query: client, timeoutMs, logger } = this.parts;
    return askService({
      client,
      method: 'GetStats',
      request,
      timeoutMs,
      signal,
      logger,
      unavailable: 'statistics cannot be read now',
      failed: 'the query service failed',
    });
  }
}

/** What an answer holds, in bytes, from before the query service is asked until its reader has it. */
function bytesOf(windows: number): number {
  return WRITING_BYTES + windows * WINDOW_BYTES;
}

/** Aborted when the connection is gone: a reader that has only ended its side waits on. */
function readerGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenClosed(reply, () =>
    gone.abort(new TallyError('deadline_exceeded', 'the reader waits no longer')),
  );
  return gone.signal;
}
