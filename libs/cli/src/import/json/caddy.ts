import { quoted } from '@tally/client';
import { parseRequest } from '../access/request-line.js';
import { answerIn, jsonLogFormat, textIn, timeIn } from './json-log.js';
import type { JsonObject } from './json-object.js';

/** Access logs of Caddy: what its loggers below `http.log.access` write. */
export const caddy = jsonLogFormat({
  name: 'caddy',
  title: 'an access log of Caddy (JSON)',
  has: (object) => isAccess(object) && requestIn(object) !== undefined,
  entryOf(object, zone) {
    if (!isAccess(object))
      return `not a request: ${quoted(textIn(object, ['logger']) ?? 'no logger')} is no logger below http.log.access`;
    const request = requestIn(object) ?? {};
    const [method, uri] = [textIn(request, ['method']), textIn(request, ['uri'])];
    const asked = uri === undefined ? undefined : parseRequest(method, uri);
    if (asked === undefined)
      return `not a request of HTTP: ${quoted(`${method ?? '-'} ${uri ?? '-'}`)}`;
    const time = timeIn(object, ['ts'], zone);
    if (typeof time === 'string') return time;
    const answer = answerIn(object, { status: ['status'], bytes: ['size'] });
    return typeof answer === 'string' ? answer : { time, ...asked, ...answer };
  },
});

function isAccess({ logger }: JsonObject): boolean {
  return typeof logger === 'string' && `${logger}.`.startsWith('http.log.access.');
}

function requestIn({ request }: JsonObject): JsonObject | undefined {
  return typeof request === 'object' && request !== null ? (request as JsonObject) : undefined;
}
