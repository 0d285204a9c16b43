import { All, Controller } from '@nestjs/common';
import { TallyError } from '@tally/contracts';

export const RESOURCES = [
  'POST /v1/events',
  'GET /v1/stats',
  'GET /v1/event-types',
  'GET and PUT /v1/event-types/{type}',
  'PUT and DELETE /v1/catalog/{subject}',
  'GET /v1/admin/ledger',
  'GET and POST /v1/admin/losses',
  '/v1/admin/dead-events',
  'GET /openapi.json',
] as const;

/** What is answered where there is nothing: TallyError `not_found`. */
export function nothingHere(): TallyError {
  return new TallyError(
    'not_found',
    `expected one of, with single slashes: ${RESOURCES.join('; ')}`,
  );
}

/** Whatever no other controller takes: an unknown path, or a known one with another method. */
@Controller()
export class NotFoundController {
  @All('*')
  notFound(): never {
    throw nothingHere();
  }
}
