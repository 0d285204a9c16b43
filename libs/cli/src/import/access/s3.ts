import { quoted } from '@tally/client';
import { logInstant } from '../event-time.js';
import type { LineFormat } from '../format.js';
import { entryReader, type AccessEntry } from './access-entry.js';
import { closingQuote, numberOf, parseRequestLine } from './request-line.js';

/** Owner, bucket, time, address, requester, request id, operation and key, up to the request. */
const HEAD =
  /^\S{1,256} \S{1,256} \[([^\]]{20,40})\] \S{1,256} (?:"[^"]{1,1024}"|\S{1,1024}) \S{1,256} ([A-Z0-9]+\.[A-Z0-9_.]+) \S{1,8192} (?:"|-(?= ))/;
/** Behind the request: status, error code, bytes sent; more follows, and more with the years. */
const TAIL = / (\d{3}|-) \S{1,256} (\d{1,15}|-)(?=\s|$)/y;

/** Server access logs of S3 and of what imitates it. */
export const s3: LineFormat = {
  name: 's3',
  title: 'an access log of S3',
  recognises: (line) => HEAD.test(line),
  open: (options) => entryReader(parseS3Line, options),
};

/** Reads a line of an S3 access log; a sentence when it is none, or no request of a client. */
export function parseS3Line(line: string): AccessEntry | string {
  const head = HEAD.exec(line);
  if (head === null)
    return 'expected owner, bucket, [day/month/year:h:m:s zone], address, requester, request id, operation, key and "request"';
  const [{ length: from }, written = '', operation = ''] = head;
  const time = logInstant(written);
  if (time === undefined) return `no such time: ${quoted(written)}`;
  // S3's own work, such as expiry, has no request: `"-"`, or `-` alone.
  const end = line[from - 1] === '"' ? closingQuote(line, from) : from;
  const request = line.slice(from, Math.max(from, end));
  if (end === from || request === '-')
    return `not a request: ${quoted(operation)} was done by S3 itself`;
  TAIL.lastIndex = end + 1;
  const tail = end < 0 ? null : TAIL.exec(line);
  if (tail === null) return 'expected status, error code and bytes behind the request';
  const asked = parseRequestLine(request);
  if (typeof asked === 'string') return asked;
  const [, status, bytes] = tail;
  return { time, ...asked, status: numberOf(status), bytes: numberOf(bytes) };
}
