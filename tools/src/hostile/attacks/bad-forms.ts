import type { Attack, Battle, Outcome, Target } from '../attack.js';
import { exchange, shown, type Exchanged } from '../exchange.js';
import { Counts, flood } from '../flood.js';
import { keyOf } from '../http-head.js';

const SUBJECTS = Array.from({ length: 2000 }, (_, number) => `subject=${number}`).join('&');

const AT_ONCE = 4;
const ANSWERED_WITHIN_MS = 3000;
const BODY = '{"id":"hostile-form","type":"view","subject":"hostile"}';

/** A request in a form that is none, or that few would send. */
interface Form {
  readonly name: string;
  readonly bytes: string;
  /** What may be answered; every failure has to be a problem that says so. */
  readonly statuses: readonly number[];
}

function forms(target: Target): Form[] {
  const { host, port } = target.gateway;
  const at = `Host: ${host}:${port}\r\n`;
  const key = Object.entries(keyOf(target))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const json = 'Content-Type: application/json\r\n';
  const post = `POST /v1/events HTTP/1.1\r\n${at}${key}${json}`;
  const length = `Content-Length: ${BODY.length}\r\n`;
  const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
  const get = (path: string) => `GET ${path} HTTP/1.1\r\n${at}${key}\r\n`;
  const form = (name: string, bytes: string, ...statuses: number[]) => ({ name, bytes, statuses });
  return [
    form('two hosts', `${post}Host: elsewhere\r\n${length}\r\n${BODY}`, 400),
    form('no host', `GET /openapi.json HTTP/1.1\r\n${key}\r\n`, 400),
    form('empty host', `GET /openapi.json HTTP/1.1\r\nHost:\r\n${key}\r\n`, 200, 400, 403, 421),
    form(
      'TE twice',
      `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      400,
      501,
    ),
    form('CL and TE', `${post}${length}Transfer-Encoding: chunked\r\n\r\n${chunked}`, 400),
    form('TE and CL', `${post}Transfer-Encoding: chunked\r\n${length}\r\n${chunked}`, 400),
    form('two lengths', `${post}${length}Content-Length: 1\r\n\r\n${BODY}`, 400),
    form('the same length twice', `${post}${length}${length}\r\n${BODY}`, 400),
    form('gzip, chunked', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n${chunked}`, 400, 501),
    form('TE identity', `${post}Transfer-Encoding: identity\r\n\r\n${BODY}`, 400, 501),
    form('chunked in capitals', `${post}Transfer-Encoding: CHUNKED\r\n\r\n${chunked}`, 202, 400),
    form('xchunked', `${post}Transfer-Encoding: xchunked\r\n\r\n${chunked}`, 400, 501),
    form('a broken chunk', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400),
    form(
      'a huge chunk',
      `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`,
      400,
      413,
    ),
    form('a negative length', `${post}Content-Length: -1\r\n\r\n${BODY}`, 400),
    form('a length of letters', `${post}Content-Length: ten\r\n\r\n${BODY}`, 400),
    form('a length past 2^64', `${post}Content-Length: 99999999999999999999\r\n\r\n`, 400, 413),
    form('too large', `${post}Content-Length: 9000000\r\n\r\n`, 413),
    form('unknown expectation', `${post}Expect: the-unexpected\r\n${length}\r\n${BODY}`, 417),
    form('a folded header', `${post}X-Folded: one\r\n two\r\n${length}\r\n${BODY}`, 202, 400),
    form('a blank before the colon', `${post}X-Blank : one\r\n${length}\r\n${BODY}`, 400),
    form('a NUL in a header', `${post}X-Nul: a\0b\r\n${length}\r\n${BODY}`, 400),
    form(
      'line feeds alone',
      `${post.replaceAll('\r', '')}${length.replace('\r', '')}\n${BODY}`,
      202,
      400,
    ),
    form('no HTTP', 'hello\r\n\r\n', 400),
    form('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 505),
    form('HTTP/9.9', `GET /openapi.json HTTP/9.9\r\n${at}\r\n`, 400, 505),
    form('TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n', 400),
    form('unknown method', `BREW /v1/events HTTP/1.1\r\n${at}${key}\r\n`, 400, 404, 405, 501),
    form('CONNECT', `CONNECT ${host}:${port} HTTP/1.1\r\n${at}${key}\r\n`, 400, 404, 405, 501),
    form('TRACE', `TRACE /v1/events HTTP/1.1\r\n${at}${key}\r\n`, 404, 405, 501),
    form(
      'upgrade',
      `GET /openapi.json HTTP/1.1\r\n${at}${key}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      200,
      400,
      426,
    ),
    form('a star', get('*'), 400, 404),
    form('OPTIONS of all', `OPTIONS * HTTP/1.1\r\n${at}${key}\r\n`, 200, 204, 400, 404, 405),
    form('an absolute URL', get(`http://${host}:${port}/openapi.json`), 200, 400, 404),
    form(
      'an absolute URL elsewhere',
      get('http://elsewhere.example/openapi.json'),
      400,
      403,
      404,
      421,
    ),
    form('a slash at the end', get('/v1/event-types/'), 200),
    form('a name that is none', get('/v1/event-types/%20'), 400, 404, 422),
    form('two slashes', get('//v1//events'), 400, 404, 405),
    form('dots', get('/v1/../../etc/passwd'), 400, 404),
    form('no UTF-8', get('/v1/event-types/%E0%A4'), 400),
    form('a NUL in the path', get('/v1/event-types/%00'), 400, 404, 422),
    form('a long path', get(`/${'x'.repeat(60_000)}`), 404, 414, 431),
    form('a long header', `GET / HTTP/1.1\r\n${at}X: ${'x'.repeat(70_000)}\r\n\r\n`, 431),
    form('many headers', `GET / HTTP/1.1\r\n${at}${'X: x\r\n'.repeat(5000)}\r\n`, 404, 431),
    form('10 000 parameters', get(`/v1/stats?${'a=1&'.repeat(10_000)}`), 400, 404, 422),
    form('2 000 subjects', get(`/v1/stats?type=view&${SUBJECTS}`), 400, 422),
    form(
      '__proto__',
      get('/v1/stats?__proto__=1&type=view&subject=constructor&from=__proto__'),
      400,
      422,
    ),
  ];
}

export const badForms: Attack = {
  name: 'bad-forms',
  story:
    'Requests in forms that no client should send: lengths and encodings that contradict each other, broken chunks, unknown methods, odd paths. Each is refused with a problem that says why, or is a request.',
  door: 'gateway',
  inflict: sendForms,
};

async function sendForms({ target, pick, over }: Battle): Promise<Outcome> {
  const counts = new Counts();
  const problems = new Map<string, string>();
  const all = forms(target);
  let next = pick(all.length);
  await flood(over, AT_ONCE, async () => {
    const form = all[next++ % all.length];
    if (form === undefined) return;
    const bytes = Buffer.from(form.bytes, 'latin1');
    const answer = await exchange(target.gateway, bytes, ANSWERED_WITHIN_MS, true);
    counts.add(String(answer.status ?? (answer.isClosed ? 'closed' : 'no answer')));
    const problem = problemOf(form, answer);
    if (problem !== undefined)
      problems.set(
        form.name,
        `${form.name}: ${problem}: ${shown(answer.text)} for ${shown(form.bytes)}`,
      );
  });
  return { evidence: `${all.length} forms: ${counts.text}`, problems: [...problems.values()] };
}

function problemOf({ statuses }: Form, { status, text }: Exchanged): string | undefined {
  const expected = `expected ${statuses.join(' or ')}`;
  if (status === undefined) return `${expected}, got no answer`;
  // Who is busy may say so.
  if (status === 503 || status === 429) return undefined;
  if (!statuses.includes(status)) return `${expected}, got ${status}`;
  const isProblem = /content-type: application\/problem\+json/i.test(text);
  return status < 400 || isProblem ? undefined : `${status} without problem details`;
}
