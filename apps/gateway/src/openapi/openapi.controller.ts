import { Controller, Get, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readQuery } from '../http/query-parameters.js';
import { OPENAPI } from './openapi-document.js';

@Controller('openapi.json')
export class OpenApiController {
  @Get()
  get(@Req() request: FastifyRequest): object {
    readQuery(request.url, []);
    return OPENAPI;
  }
}
