import { isUtf8 } from 'node:buffer';
import { quoted } from '@tally/client';
import { readColumns, type MappingOptions } from '../mapping.js';
import type { LineFormat } from '../format.js';
import { unreadable, type Reading } from '../reading.js';

/** One JSON object a line: events, or anything that --map makes events of. */
export const ndjson: LineFormat = {
  name: 'ndjson',
  title: 'NDJSON',
  recognises: (line) => objectOf(line) !== undefined,
  open: (options) => (line) => (id) => readJsonLine(line, id, options),
};

/** The object that a line is; undefined when it is none. */
export function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/**
 * The event of a line of NDJSON. Without a mapping the line goes as it is: only an id and a type
 * that it lacks are written into it, so that no digit of it changes.
 */
export function readJsonLine(line: Buffer, id: string, options: MappingOptions): Reading {
  if (!isUtf8(line)) return unreadable('expected UTF-8');
  const text = line.toString().trim();
  const object = objectOf(text);
  if (object === undefined) return unreadable(`expected an object of JSON, got ${quoted(text)}`);
  if (options.mapping.size > 0) return readColumns((name) => member(object, name), id, options);
  const missing = Object.entries({ id, type: options.type })
    .filter(([name]) => object[name] === undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const members = text.slice(1).trimStart();
  const given = members.startsWith('}') ? [] : [members.slice(0, -1)];
  return { kind: 'event', json: `{${[...missing, ...given].join(',')}}` };
}

/** `request.uri`: the member of that name, or member `uri` of member `request`. */
function member(object: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  let value: unknown = object;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}
