import { isUtf8 } from 'node:buffer';
import { quoted } from '@tally/client';
import type { LineFormat } from '../format.js';
import { readColumns, type MappingOptions } from '../mapping.js';
import { unreadable, type Reading } from '../reading.js';
import { member, objectOf } from './json-object.js';

/** One JSON object a line: events, or anything that --map makes events of. */
export const ndjson: LineFormat = {
  name: 'ndjson',
  title: 'NDJSON',
  recognises: (line, { mapping }) => {
    const object = objectOf(withoutComma(line));
    return object !== undefined && (mapping.size > 0 || object['subject'] !== undefined);
  },
  open: (options) => (line) => (id) => readJsonLine(line, id, options),
};

/**
 * The event of a line of NDJSON. Without a mapping the line goes as it is: only an id and a type
 * that it lacks are written into it, so that no digit of it changes.
 */
export function readJsonLine(line: Buffer, id: string, options: MappingOptions): Reading {
  if (!isUtf8(line)) return unreadable('expected UTF-8');
  const text = withoutComma(line.toString().trim());
  const object = objectOf(text);
  if (object === undefined) return unreadable(`expected an object of JSON, got ${quoted(text)}`);
  if (options.mapping.size > 0) return readColumns((name) => member(object, name), id, options);
  if (object['subject'] === undefined)
    return unreadable('expected a member "subject", or --map subject=MEMBER');
  const missing = Object.entries({ id, type: options.type })
    .filter(([name]) => object[name] === undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const members = text.slice(1).trimStart();
  return { kind: 'event', json: `{${[...missing, members.slice(0, -1)].join(',')}}` };
}

/** Behind an object, as lines have it that were taken out of an array. */
function withoutComma(line: string): string {
  return line.replace(/,\s*$/, '');
}
