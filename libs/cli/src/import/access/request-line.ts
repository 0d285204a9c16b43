import { isUtf8 } from 'node:buffer';
import { quoted } from '@tally/client';
import type { AccessEntry } from './access-entry.js';

/** What a client asked for. */
export type LoggedRequest = Pick<AccessEntry, 'method' | 'target'>;

const REQUEST = /^([A-Z][A-Z_-]{0,31}) (\S.*?)( HTTP\/\d(?:\.\d)?)?$/s;
const METHOD = /^[A-Z][A-Z_-]{0,31}$/;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(?=([/?#]|$))/i;
const CONTROL = /\p{Cc}/u;

/** `GET /a HTTP/1.1`, with what the server escaped undone; a sentence when it is no request of HTTP. */
export function parseRequestLine(text: string): LoggedRequest | string {
  return parseRequestText(unescapeField(text));
}

/** The same of a line in which nothing is escaped. */
export function parseRequestText(text: string): LoggedRequest | string {
  const [, method, target, protocol] = REQUEST.exec(text) ?? [];
  // Without a protocol (HTTP/0.9) a space could be anything.
  const isRequest =
    method !== undefined &&
    target !== undefined &&
    (protocol !== undefined || !target.includes(' '));
  return (isRequest && parseRequest(method, target)) || `not a request of HTTP: ${quoted(text)}`;
}

/** A method and what it was for, host taken off; undefined when HTTP has no such thing. */
export function parseRequest(
  method: string | undefined,
  target: string,
): LoggedRequest | undefined {
  if (CONTROL.test(target) || (method !== undefined && !METHOD.test(method))) return undefined;
  if (target.startsWith('/') || (method === 'CONNECT' && target !== '')) return { method, target };
  if (target === '*' && method === 'OPTIONS') return { method, target };
  const host = ABSOLUTE.exec(target)?.[0];
  if (host === undefined) return undefined;
  const path = target.slice(host.length);
  return { method, target: path.startsWith('/') ? path : `/${path}` };
}

/** Index of the next quote that no backslash protects; -1 when there is none. */
export function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '"') return at;
    if (line[at] === '\\') at += 1;
  }
  return -1;
}

/** A number of a log; undefined for `-`. */
export function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '-' ? undefined : Number(text);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', v: '\v', b: '\b' };

/** Undoes what servers do to quotes, backslashes and bytes that are not ASCII: `\"`, `\\`, `\xc3\xa9`. */
function unescapeField(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/((?:\\x[0-9a-fA-F]{2})+)|\\(.)/gs, (_, hex?: string, one = '') =>
    hex === undefined ? (ESCAPES[one as string] ?? (one as string)) : unescapeBytes(hex),
  );
}

/** The text of bytes that are written as `\xc3\xa9`. What is none stays as it is: two paths would become one. */
export function unescapeBytes(hex: string): string {
  const bytes = Buffer.from(hex.replaceAll('\\x', ''), 'hex');
  return isUtf8(bytes) ? bytes.toString() : hex;
}
