import { All, Controller } from '@nestjs/common';
import { TallyError } from '@tally/contracts';

export const RESOURCES = [
  'POST /v1/events',
  'GET /v1/stats',
  'GET /v1/event-types',
  'GET and PUT /v1/event-types/{type}',
  'GET, PUT and DELETE /v1/catalog/{subject}',
  'GET /v1/admin/ledger',
  'GET and POST /v1/admin/losses',
  'GET /v1/admin/dead-events',
  'GET /v1/admin/dead-events/groups',
  'GET /v1/admin/dead-events/actions',
  'POST /v1/admin/dead-events/replay',
  'POST /v1/admin/dead-events/discard',
  'GET /v1/admin/dead-events/{partition}/{offset}/{index}',
  'GET /openapi.json',
] as const;

const PATHS = RESOURCES.map((resource) => resource.slice(resource.indexOf('/')));

/** Those that lie below no other: the sentence stays short, and the document has the others. */
const NAMED = RESOURCES.filter(
  (_, index) => !PATHS.some((path) => PATHS[index]?.startsWith(`${path}/`)),
);

/** What is answered where there is nothing: TallyError `not_found`. */
export function nothingHere(): TallyError {
  return new TallyError(
    'not_found',
    `expected one of or below, with single slashes: ${NAMED.join('; ')}`,
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
