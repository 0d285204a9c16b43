import { Controller, Get, Inject, Param, Put, Req, Res } from '@nestjs/common';
import { DEFAULT_EVENT_TYPE, isEventTypeName, TallyError } from '@tally/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseJsonDocument } from '../http/json-document.js';
import { jsonPieces, SlicedAnswers } from '../http/sliced-answer.js';
import { mediaTypeOf } from '../http/media-type.js';
import { readQuery } from '../http/query-parameters.js';
import { PROJECT } from '../project.js';
import { fromDocument, toDocument } from './definition-document.js';
import { EventTypes } from './event-types.js';

@Controller('v1/event-types')
export class EventTypesController {
  constructor(
    @Inject(EventTypes) private readonly eventTypes: EventTypes,
    @Inject(SlicedAnswers) private readonly answers: SlicedAnswers,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    readQuery(request.url, []);
    const { version } = this.eventTypes.snapshot();
    const list = this.eventTypes.history.list(PROJECT);
    const documents = mapped(list, (one) => ({ type: one.type, ...toDocument(one) }));
    this.answers.send(reply, jsonPieces({ version }, 'eventTypes', documents));
  }

  @Get(':type')
  get(
    @Req() request: FastifyRequest,
    @Param('type') type: string,
    @Res() reply: FastifyReply,
  ): void {
    readQuery(request.url, []);
    assertName(type);
    this.eventTypes.assertKnown();
    const { history } = this.eventTypes;
    // A type that nobody defined counts all the same: it has the default definition, of version 0.
    const current = history.current(PROJECT, type) ?? {
      version: 0,
      definition: DEFAULT_EVENT_TYPE,
    };
    const versions = mapped(history.versions(PROJECT, type), toDocument);
    this.answers.send(reply, jsonPieces({ type, ...toDocument(current) }, 'versions', versions));
  }

  @Put(':type')
  async put(
    @Req() request: FastifyRequest,
    @Param('type') type: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    readQuery(request.url, []);
    assertName(type);
    mediaTypeOf(request.headers, ['application/json']);
    const definition = fromDocument(parseJsonDocument(request.body));
    const defined = await this.eventTypes.define({ project: PROJECT, type, definition });
    reply.status(defined.kind === 'new' ? 201 : 200).send({ type, ...toDocument(defined) });
  }
}

function assertName(type: string): void {
  if (!isEventTypeName(type))
    throw new TallyError(
      'invalid_argument',
      'expected an event type: 1 to 64 of a-z, 0-9, ".", "_" and "-", a letter or digit first',
    );
}

/** One by one, as they are asked for. */
function* mapped<T>(all: Iterable<T>, map: (one: T) => object): Generator<object, void> {
  for (const one of all) yield map(one);
}
