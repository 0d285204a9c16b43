import { quoted } from '@tally/client';
import { parseRequest } from '../access/request-line.js';
import { answerIn, jsonLogFormat, textIn, timeIn } from './json-log.js';

/** When the request began, or, where that field is dropped, when its line was written. */
const TIMES = ['StartUTC', 'StartLocal', 'time'];

/** Access logs of Traefik with `format: json`. */
export const traefik = jsonLogFormat({
  name: 'traefik',
  title: 'an access log of Traefik (JSON)',
  has: (object) =>
    typeof object['RequestPath'] === 'string' &&
    ['RequestMethod', 'DownstreamStatus', 'StartUTC', 'RouterName'].some((name) =>
      Object.hasOwn(object, name),
    ),
  entryOf(object, zone) {
    const [method, path] = [textIn(object, ['RequestMethod']), textIn(object, ['RequestPath'])];
    const asked = path === undefined ? undefined : parseRequest(method, path);
    if (asked === undefined)
      return `not a request of HTTP: ${quoted(`${method ?? '-'} ${path ?? '-'}`)}`;
    const time = timeIn(object, TIMES, zone);
    if (typeof time === 'string') return time;
    const answer = answerIn(object, {
      status: ['DownstreamStatus'],
      bytes: ['DownstreamContentSize'],
    });
    return typeof answer === 'string' ? answer : { time, ...asked, ...answer };
  },
});
