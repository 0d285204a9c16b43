import { quoted } from '@tally/client';
import { instantOf } from '../event-time.js';
import type { FormatOptions, LineFormat } from '../format.js';
import { entryReader, type AccessEntry } from './access-entry.js';
import { closingQuote, numberOf, parseRequestLine } from './request-line.js';

/**
 * [type,] time, balancer, client, target, three times of processing, status of the balancer and of the
 * target, bytes received and sent, up to the request; more follows.
 */
const HEAD =
  /^(?:(https?|h2|grpcs|wss?) )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) \S{1,256} \S{1,256} \S{1,256}(?: (?:-?\d{1,9}(?:\.\d{1,9})?|-)){3} (\d{3}|-) (?:\d{3}|-) (?:\d{1,15}|-) (\d{1,15}|-) "/;

/** Access logs of Application Load Balancers. */
export const alb: LineFormat = {
  name: 'alb',
  title: 'an access log of an Application Load Balancer',
  recognises: (line) => HEAD.exec(line)?.[1] !== undefined,
  open: (options) => reader(options),
};

/** Access logs of Classic Load Balancers, which have no type in front. */
export const elb: LineFormat = {
  name: 'elb',
  title: 'an access log of a Classic Load Balancer',
  recognises: (line) => {
    const head = HEAD.exec(line);
    return head !== null && head[1] === undefined;
  },
  open: (options) => reader(options),
};

/** Reads a line of a load balancer's log; a sentence when it is none. */
export function parseBalancerLine(line: string): AccessEntry | string {
  const head = HEAD.exec(line);
  if (head === null)
    return 'expected type, time, balancer, client, target, three durations, two statuses, two numbers of bytes and "request"';
  const [{ length: from }, , written = '', status, bytes] = head;
  const time = instantOf(written, 'Z');
  if (typeof time === 'string') return time;
  const end = closingQuote(line, from);
  if (end < 0) return `expected a quote behind the request, got ${quoted(line.slice(from))}`;
  const asked = parseRequestLine(line.slice(from, end));
  if (typeof asked === 'string') return asked;
  return { time, ...asked, status: numberOf(status), bytes: numberOf(bytes) };
}

function reader(options: FormatOptions) {
  return entryReader(parseBalancerLine, options);
}
