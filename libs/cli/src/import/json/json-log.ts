import { quoted } from '@tally/client';
import type { AccessEntry } from '../access/access-entry.js';
import { entryReader } from '../access/access-entry.js';
import { instantOf, type Zone } from '../event-time.js';
import type { LineFormat } from '../format.js';
import { loggedObjectOf, type JsonObject } from './json-object.js';

/** How the requests of one kind of log are written in JSON. */
export interface JsonLog {
  readonly name: string;
  readonly title: string;
  /** Whether an object is one of its lines, also when it is no event. */
  has(object: JsonObject): boolean;
  /** The entry of an object; a sentence when it is none. `zone`: for times without an offset. */
  entryOf(object: JsonObject, zone: Zone | undefined): AccessEntry | string;
}

/** The format of access logs that have one JSON object a line. */
export function jsonLogFormat({ name, title, has, entryOf }: JsonLog): LineFormat {
  return {
    name,
    title,
    recognises: (line, { mapping }) => {
      const object = mapping.size > 0 ? undefined : loggedObjectOf(line);
      return object !== undefined && has(object);
    },
    open: (options) =>
      entryReader((line) => {
        const object = loggedObjectOf(line);
        if (object === undefined) return `expected an object of JSON, got ${quoted(line)}`;
        return entryOf(object, options.zone);
      }, options),
  };
}

/** The first member that is a text or a number, as text; empty ones and `-` count as absent. */
export function textIn(object: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = object[name];
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    if (value !== '' && value !== '-') return String(value);
  }
  return undefined;
}

/** ms since 1970 of the first of these members; a sentence when there is none. */
export function timeIn(
  object: JsonObject,
  names: readonly string[],
  zone: Zone | undefined,
): number | string {
  const text = textIn(object, names);
  return text === undefined ? `expected a time in ${names.join(' or ')}` : instantOf(text, zone);
}

/** Status and bytes of an answer, each in the first of the members that may have it; a sentence when wrong. */
export function answerIn(
  object: JsonObject,
  names: { readonly status: readonly string[]; readonly bytes: readonly string[] },
): Pick<AccessEntry, 'status' | 'bytes'> | string {
  const [status, bytes] = [textIn(object, names.status), textIn(object, names.bytes)];
  for (const [what, text] of Object.entries({ status, bytes }))
    if (text !== undefined && !/^\d{1,15}$/.test(text))
      return `${what}: expected a number, got ${quoted(text)}`;
  return {
    status: status === undefined ? undefined : Number(status),
    bytes: bytes === undefined ? undefined : Number(bytes),
  };
}
