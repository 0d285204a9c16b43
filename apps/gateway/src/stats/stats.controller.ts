import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import {
  type EventTypeDefinition,
  type query,
  readStatsAnswer,
  type StatsAnswer,
  TallyError,
} from '@tally/contracts';
import { MessageTooLarge, type ServiceClient } from '@tally/discovery';
import { type Logger } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askService, tooMuch } from '../http/ask-service.js';
import { whenClosed, WRITING_BYTES, type SlicedAnswers } from '../http/sliced-answer.js';
import { PROJECT } from '../project.js';
import { WIRE_GRANULARITY } from './limits.js';
import { NO_FIGURES, toAskedFigures, tooManySketches } from './figures.js';
import { answerPieces } from './stats-document.js';
import {
  assertFits,
  pointsOf,
  readQuestion,
  tooManyPoints,
  type PointLimits,
  type StatsQuestion,
} from './stats-question.js';
import { warningsOf, type DefinedTypes } from './warnings.js';

export const STATS_PARTS = Symbol('parts of the statistics controller');

export interface StatsParts {
  readonly query: ServiceClient;
  readonly timeoutMs: number;
  readonly limits: PointLimits;
  readonly answers: SlicedAnswers;
  readonly staleAfterMs: number;
  readonly logger: Pick<Logger, 'error'>;
  readonly definedTypes: DefinedTypes;
  now(): number;
}

/** Of a window as it came: six texts of some digits, and the message they came in. */
const WINDOW_BYTES = 400;

@Controller('v1/stats')
export class StatsController {
  constructor(@Inject(STATS_PARTS) private readonly parts: StatsParts) {}

  @Get()
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { limits, answers, staleAfterMs, definedTypes, now } = this.parts;
    const question = readQuestion(request.url, limits, now(), (type) =>
      dimensionsOf(definedTypes.versions(type)),
    );
    const mostPoints = Math.min(pointsOf(question), limits.maxPoints);
    const room = answers.reserve(reply, bytesOf(mostPoints));
    const answer = await this.ask(question, readerGone(reply));
    assertAnswered(question, answer);
    // How many groups there are only the answer says.
    if (question.fillZero) assertFits(question, answer.subjects.length, limits);
    room.shrinkTo(bytesOf(answer.subjects.reduce((sum, { windows }) => sum + windows.length, 0)));
    reply.status(200);
    const warnings = warningsOf(question, answer, definedTypes);
    const surroundings = { nowMs: now(), staleAfterMs, warnings };
    answers.send(reply, answerPieces(question, answer, surroundings), room);
  }

  private async ask(question: StatsQuestion, signal: AbortSignal): Promise<StatsAnswer> {
    const { limits } = this.parts;
    try {
      return await this.askQuery(question, signal);
    } catch (error) {
      if (error instanceof MessageTooLarge)
        throw tooMuch(
          'ask for fewer subjects, a shorter time (from, to) or a coarser granularity',
          error,
        );
      if (error instanceof TallyError && error.code === 'payload_too_large')
        throw question.figures === undefined
          ? tooManyPoints(question, limits)
          : tooManySketches(limits.maxPoints);
      throw error;
    }
  }

  private askQuery(question: StatsQuestion, signal: AbortSignal): Promise<StatsAnswer> {
    const { type, subjects, grouping, fromMs, toMs, granularity } = question;
    const { figures: asked = NO_FIGURES } = question;
    const { definedTypes } = this.parts;
    const figures = toAskedFigures(type, asked, () => definedTypes.versions(type));
    const request: query.GetStatsRequest = {
      project: PROJECT,
      type,
      subjects,
      grouping,
      fromMs: String(fromMs),
      toMs: String(toMs),
      granularity: WIRE_GRANULARITY[granularity],
      maxWindows: this.parts.limits.maxPoints,
      ...(figures === undefined ? {} : { figures }),
    };
    const { query: client, timeoutMs, logger } = this.parts;
    return askService({
      client,
      method: 'GetStats',
      request,
      timeoutMs,
      signal,
      readAnswer: readStatsAnswer,
      logger,
      unavailable: 'statistics cannot be read now',
      failed: 'the query service failed',
      expected: ['payload_too_large'],
    });
  }
}

/** Those that a type has or had, ascending: an answer may be of a time when it had others. */
function dimensionsOf(versions: readonly EventTypeDefinition[]): readonly string[] {
  return [
    ...new Set(versions.flatMap(({ dimensions, enriched }) => [...dimensions, ...enriched])),
  ].toSorted();
}

/** TallyError `unavailable` where too much is missing. */
function assertAnswered(
  { granularity, allowPartial }: StatsQuestion,
  { subjects, missingShards }: StatsAnswer,
): void {
  const missing = subjects.filter((subject) => subject.missing).length;
  if (missing === 0) return;
  const shards = `the shards ${missingShards.join(', ')}, which do not answer`;
  if (missing === subjects.length)
    throw new TallyError('unavailable', `nothing is known without ${shards}`);
  // A sum without a part of it would be taken for the whole.
  if (granularity === 'total' && !allowPartial)
    throw new TallyError(
      'unavailable',
      `no total without ${shards}; partial=allow leaves them out`,
    );
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
