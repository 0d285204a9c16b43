import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { TallyError } from '@tally/contracts';
import { PROBLEM_TYPE } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Room } from '../http/connection-budget.js';
import { jsonPieces, SlicedAnswers, WRITING_BYTES } from '../http/sliced-answer.js';
import { mediaTypeOf } from '../http/media-type.js';
import { oneOf, readQuery } from '../http/query-parameters.js';
import { EventIntake } from './event-intake.js';
import { EVENT_MEDIA_TYPES, LINES_TYPES } from './media-types.js';

/** Of the result of one event, until it is written. */
const RESULT_BYTES = 400;
/** Fewer are sent at once: what they hold is small beside their body. */
const SHORT_RESULTS = 60;

@Controller('v1/events')
export class EventsController {
  constructor(
    @Inject(EventIntake) private readonly intake: EventIntake,
    @Inject(SlicedAnswers) private readonly answers: SlicedAnswers,
  ) {}

  @Post()
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const results = oneOf(readQuery(request.url, ['results']), 'results');
    if (results !== undefined && results !== 'all')
      throw new TallyError('invalid_argument', 'expected results=all, or no results');
    const type = mediaTypeOf(request.headers, EVENT_MEDIA_TYPES);
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const format = LINES_TYPES.some((one) => one === type) ? 'ndjson' : 'json';
    let room: Room | undefined;
    const { status, body } = await this.intake.take(bytes, format, {
      listAll: results === 'all',
      arrivedAt: request.arrivedAt,
      // Before anything is done: later a refusal would not tell that the events are counted.
      reserve: (count) => {
        if (count > SHORT_RESULTS)
          room = this.answers.reserve(reply, WRITING_BYTES + count * RESULT_BYTES);
      },
    });
    if (status === 422) reply.header('content-type', PROBLEM_TYPE);
    reply.status(status);
    const { results: list, ...head } = body;
    this.answers.send(reply, jsonPieces(head, 'results', list), room);
  }
}
