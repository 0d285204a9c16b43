import { Controller, Get, Header, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readQuery } from '../http/query-parameters.js';
import { OPENAPI } from './openapi-document.js';

/** Written once: it is asked for without a key, and long. */
const TEXT = JSON.stringify(OPENAPI);

@Controller('openapi.json')
export class OpenApiController {
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  get(@Req() request: FastifyRequest): string {
    readQuery(request.url, []);
    return TEXT;
  }
}
