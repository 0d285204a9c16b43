import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { TallyError } from '@tally/contracts';
import { PROBLEM_TYPE } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mediaTypeOf } from '../http/media-type.js';
import { oneOf, readQuery } from '../http/query-parameters.js';
import { EventIntake } from './event-intake.js';

export const EVENT_MEDIA_TYPES = ['application/json', 'application/x-ndjson'] as const;

@Controller('v1/events')
export class EventsController {
  constructor(@Inject(EventIntake) private readonly intake: EventIntake) {}

  @Post()
  async post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const results = oneOf(readQuery(request.url, ['results']), 'results');
    if (results !== undefined && results !== 'all')
      throw new TallyError('invalid_argument', 'expected results=all, or no results');
    const type = mediaTypeOf(request.headers, EVENT_MEDIA_TYPES);
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const format = type === 'application/json' ? 'json' : 'ndjson';
    const { status, body } = await this.intake.take(
      bytes,
      format,
      results === 'all',
      request.arrivedAt,
    );
    if (status === 422) reply.header('content-type', PROBLEM_TYPE);
    reply.status(status).send(body);
  }
}
