import { Controller, Get, Req } from '@nestjs/common';
import { readQuery } from '../http/query-parameters.js';
import type { HttpRequest } from '../http/request.js';
import { OPENAPI } from './openapi-document.js';

@Controller('openapi.json')
export class OpenApiController {
  @Get()
  get(@Req() request: HttpRequest): object {
    readQuery(request.url, []);
    return OPENAPI;
  }
}
