import { quoted } from '@tally/client';
import { MAX_SUBJECT_BYTES, unreadable, type Reading } from './reading.js';

/** One line of an access log, as far as events need it. */
export interface AccessEntry {
  /** ms since 1970. */
  readonly time: number;
  readonly method: string;
  /** As the client sent it, without host; with the query. */
  readonly target: string;
  /** Undefined for `-`. */
  readonly status: number | undefined;
  /** Bytes of the answer's body; undefined for `-`. */
  readonly bytes: number | undefined;
}

/** How a line becomes an event. */
export interface AccessLogOptions {
  readonly type: string;
  /** Whether `?…` belongs to the subject. */
  readonly keepQuery: boolean;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Up to the request: host, identity, user (which may have spaces), time. The bounds keep it linear. */
const HEAD =
  /^\S{1,1024} \S{1,1024} .{1,1024}? \[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\] "/;
/** From the quote that ends the request; whatever follows (referrer, agent, fields of one's own) is free. */
const TAIL = /" (\d{3}|-) (\d{1,12}|-)(?=\s|$)/y;
const REQUEST = /^([A-Z][A-Z_-]{0,31}) (\S.*?)( HTTP\/\d(?:\.\d)?)?$/s;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(?=([/?#]|$))/i;
const CONTROL = /\p{Cc}/u;

/** Reads a line of the Common or Combined Log Format; a sentence when it is none. */
export function parseAccessLine(line: string): AccessEntry | string {
  const head = HEAD.exec(line);
  if (head === null)
    return 'expected host, identity, user, [day/month/year:h:m:s zone] and "request"';
  const time = instantOf(head);
  if (time === undefined) return `no such time: ${quoted(line.slice(line.indexOf('[')))}`;
  const from = head[0].length;
  const end = closingQuote(line, from);
  TAIL.lastIndex = end;
  const tail = end < 0 ? null : TAIL.exec(line);
  if (tail === null) return 'expected a status and a number of bytes behind the request';

  const text = line.slice(from, end);
  const request = parseRequest(unescapeField(text));
  if (request === undefined) return `not a request of HTTP: ${quoted(text)}`;
  const [, status, bytes] = tail;
  return { time, ...request, status: numberOf(status), bytes: numberOf(bytes) };
}

/** The event of a line: path → subject, bytes → value. */
export function readAccessLine(line: string, id: string, options: AccessLogOptions): Reading {
  const entry = parseAccessLine(line);
  if (typeof entry === 'string') return unreadable(entry);
  const { time, method, target, status, bytes } = entry;
  const query = options.keepQuery ? -1 : target.indexOf('?');
  const subject = query < 0 ? target : target.slice(0, query);
  const length = Buffer.byteLength(subject);
  if (length > MAX_SUBJECT_BYTES)
    return unreadable(
      `expected a path of at most ${MAX_SUBJECT_BYTES} bytes, this one has ${length}`,
    );
  // JSON leaves out what is undefined.
  const json = JSON.stringify({
    id,
    type: options.type,
    subject,
    time: new Date(time).toISOString(),
    value: bytes,
    attributes: { method, status },
  });
  return { kind: 'event', json };
}

function instantOf(head: RegExpExecArray): number | undefined {
  const [, , name = '', , , , , sign] = head;
  const field = (index: number) => Number(head[index]);
  const [day, month, year] = [field(1), MONTHS.indexOf(name), field(3)];
  const [hour, minute, second] = [field(4), field(5), field(6)];
  const [zoneHours, zoneMinutes] = [field(8), field(9)];
  if (hour > 23 || minute > 59 || second > 59 || zoneHours > 23 || zoneMinutes > 59)
    return undefined;
  const midnight = new Date(Date.UTC(year, month, day));
  // 31 February would be a day of March; a month that is not known, one of the year before.
  if (month < 0 || midnight.getUTCDate() !== day || midnight.getUTCFullYear() !== year)
    return undefined;
  const offset = (sign === '-' ? -1 : 1) * (zoneHours * 60 + zoneMinutes);
  return midnight.getTime() + (hour * 60 + minute - offset) * 60_000 + second * 1000;
}

/** Index of the next quote that no backslash protects; -1 when there is none. */
function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '"') return at;
    if (line[at] === '\\') at += 1;
  }
  return -1;
}

function parseRequest(text: string): Pick<AccessEntry, 'method' | 'target'> | undefined {
  const [, method, target, protocol] = REQUEST.exec(text) ?? [];
  if (method === undefined || target === undefined || CONTROL.test(target)) return undefined;
  // Without a protocol (HTTP/0.9) a space could be anything.
  if (protocol === undefined && target.includes(' ')) return undefined;
  if (target.startsWith('/') || method === 'CONNECT') return { method, target };
  if (target === '*' && method === 'OPTIONS') return { method, target };
  const host = ABSOLUTE.exec(target)?.[0];
  if (host === undefined) return undefined;
  const path = target.slice(host.length);
  return { method, target: path.startsWith('/') ? path : `/${path}` };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', v: '\v', b: '\b' };

/** Undoes what servers do to quotes, backslashes and bytes that are not ASCII: `\"`, `\\`, `\xc3\xa9`. */
function unescapeField(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/((?:\\x[0-9a-fA-F]{2})+)|\\(.)/gs, (_, bytes?: string, one = '') =>
    bytes === undefined
      ? (ESCAPES[one as string] ?? (one as string))
      : Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString(),
  );
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '-' ? undefined : Number(text);
}
