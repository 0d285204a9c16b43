import { quoted } from '@tally/client';
import { instantOf, logInstant } from '../event-time.js';
import type { LineFormat } from '../format.js';
import { entryReader, type AccessEntry } from './access-entry.js';
import { closingQuote, numberOf, parseRequestLine } from './request-line.js';

/** Up to the request: host, identity, user (which may have spaces), time, also as RFC 3339. The bounds keep it linear. */
const HEAD =
  /^\S{1,1024} \S{1,1024} .{1,1024}? \[(\d\d\/[A-Z][a-z]{2}\/\d{4}:[^\]]{10,40}|\d{4}-\d\d-\d\d[^\]]{7,30})\] "/;
/** From the quote that ends the request; whatever follows (referrer, agent, fields of one's own) is free. */
const TAIL = /" (\d{3}|-) (\d{1,12}|-)(?=\s|$)/y;

/** Common and Combined Log Format, as Apache, nginx and many others write it. */
export const clf: LineFormat = {
  name: 'clf',
  title: 'an access log in Common or Combined Log Format',
  recognises: (line) => typeof partsOf(line) === 'object',
  open: (options) => entryReader(parseAccessLine, options),
};

/** Reads a line of the Common or Combined Log Format; a sentence when it is none. */
export function parseAccessLine(line: string): AccessEntry | string {
  const parts = partsOf(line);
  if (typeof parts === 'string') return parts;
  const { time, request, status, bytes } = parts;
  const asked = parseRequestLine(request);
  return typeof asked === 'string' ? asked : { time, ...asked, status, bytes };
}

function partsOf(line: string) {
  const head = HEAD.exec(line);
  if (head === null)
    return 'expected host, identity, user, [day/month/year:h:m:s zone] and "request"';
  const [{ length: from }, written = ''] = head;
  const time = isDated(written) ? instantOf(written, undefined) : logInstant(written);
  if (typeof time !== 'number') return time ?? `no such time: ${quoted(written)}`;
  const end = closingQuote(line, from);
  TAIL.lastIndex = end;
  const tail = end < 0 ? null : TAIL.exec(line);
  if (tail === null) return 'expected a status and a number of bytes behind the request';
  const [, status, bytes] = tail;
  return {
    time,
    request: line.slice(from, end),
    status: numberOf(status),
    bytes: numberOf(bytes),
  };
}

/** Year first, as a `log_format` with `$time_iso8601` has it. */
function isDated(written: string): boolean {
  return /^\d{4}-/.test(written);
}
