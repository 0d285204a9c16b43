import { quoted } from '@tally/client';
import { parseRequest, parseRequestText, type LoggedRequest } from '../access/request-line.js';
import { answerIn, jsonLogFormat, textIn, timeIn } from './json-log.js';
import type { JsonObject } from './json-object.js';

/** The finest first; then what people call it. */
const TIMES = [
  'msec',
  'time_iso8601',
  'time_local',
  '@timestamp',
  'timestamp',
  'time',
  'ts',
  'date',
];
const METHODS = ['request_method', 'method'];
const PATHS = ['request_uri', 'uri', 'url', 'path'];
const QUERIES = ['args', 'query_string'];
/** That of the body first: it is what other logs have. */
const BYTES = ['body_bytes_sent', 'bytes_sent', 'bytes', 'size'];

/** Access logs of nginx whose `log_format` is JSON with the names of its variables, or near ones. */
export const nginx = jsonLogFormat({
  name: 'nginx-json',
  title: 'an access log of nginx (JSON)',
  has: (object) =>
    Object.hasOwn(object, 'status') &&
    TIMES.some((name) => Object.hasOwn(object, name)) &&
    (isText(object, ['request', 'request_uri']) ||
      (isText(object, PATHS) && isText(object, METHODS))),
  entryOf(object, zone) {
    const asked = requestIn(object);
    if (typeof asked === 'string') return asked;
    const time = timeIn(object, TIMES, zone);
    if (typeof time === 'string') return time;
    const answer = answerIn(object, { status: ['status'], bytes: BYTES });
    return typeof answer === 'string' ? answer : { time, ...asked, ...answer };
  },
});

function requestIn(object: JsonObject): LoggedRequest | string {
  const line = textIn(object, ['request']);
  const whole = line === undefined ? undefined : parseRequestText(line);
  const path = textIn(object, PATHS);
  if (path === undefined) return whole ?? 'not a request of HTTP: ""';
  const method = textIn(object, METHODS) ?? (typeof whole === 'object' ? whole.method : undefined);
  const query = path.includes('?') ? undefined : textIn(object, QUERIES);
  const asked = parseRequest(method, query === undefined ? path : `${path}?${query}`);
  return asked ?? `not a request of HTTP: ${quoted(`${method ?? '-'} ${path}`)}`;
}

function isText(object: JsonObject, names: readonly string[]): boolean {
  return names.some((name) => typeof object[name] === 'string');
}
