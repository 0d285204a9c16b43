import { quoted } from '@tally/client';
import { instantOf } from '../event-time.js';
import type { FormatOptions, LineFormat, LineReader } from '../format.js';
import { readEntry, type AccessEntry } from './access-entry.js';
import { numberOf, parseRequest } from './request-line.js';
import { cellsOf } from './w3c-cells.js';

const DIRECTIVE = /^#\s?(Fields|Version|Software|Date|Start-Date|End-Date|Remark|GMT-Offset):/i;
const FIELDS = /^#\s?Fields:(.*)$/is;
/** Also as the standard has it: 12-Jan-1996 00:00:00. */
const DATE =
  /^#\s?(?:Start-)?Date:\s*(\d{4}-\d\d-\d\d|\d\d-[A-Za-z]{3}-\d{4})(?:[ T](\d\d:\d\d:\d\d))?/i;
const NUMBER = /^\d{1,15}$/;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The value of a field by its name in lower case; undefined when it is absent. */
export type W3cFields = (name: string) => string | undefined;

/** Logs of the W3C's Extended Log File Format, as of IIS and CloudFront: `#Fields` says what the lines have. */
export const w3c: LineFormat = {
  name: 'w3c',
  title: 'a W3C extended log (as of IIS and CloudFront)',
  recognises: (line) => DIRECTIVE.test(line),
  open: (options) => openW3c(options),
};

/** What the directives so far say about the lines that follow; they may come again and say otherwise. */
function openW3c(options: FormatOptions): LineReader {
  let columns: ReadonlyMap<string, number> | undefined;
  let width = 0;
  let began: number | undefined;
  return (bytes) => {
    if (bytes[0] === 0x23) {
      const line = bytes.toString();
      const [, names] = FIELDS.exec(line) ?? [];
      if (names !== undefined) {
        const fields = names.trim().toLowerCase().split(/\s+/);
        [columns, width] = [new Map(fields.map((name, index) => [name, index])), fields.length];
      }
      began = beginOf(line) ?? began;
      return () => ({ kind: 'nothing' });
    }
    // What holds for this line, also when it is read after the next directive.
    const [known, cellCount, since] = [columns, width, began];
    return (id) => {
      const line = bytes.toString();
      return readEntry(parseLine(line, known, cellCount, since), bytes, id, options);
    };
  };
}

function parseLine(
  line: string,
  columns: ReadonlyMap<string, number> | undefined,
  width: number,
  began: number | undefined,
): AccessEntry | string {
  if (columns === undefined)
    return 'expected a line "#Fields: …" before it, which says what its values are';
  const cells = cellsOf(line, width);
  if (typeof cells === 'string') return cells;
  return entryOfFields((name) => {
    const cell = cells[columns.get(name) ?? -1];
    return cell === '-' || cell === '' ? undefined : cell;
  }, began);
}

/**
 * The entry of a line. `began`: when the log began, in ms since 1970, for lines that have a time of day
 * only. A sentence when it is no request.
 */
export function entryOfFields(field: W3cFields, began?: number): AccessEntry | string {
  const time = timeOf(field, began);
  if (typeof time === 'string') return time;
  const stem = field('cs-uri-stem') ?? field('cs-uri-path') ?? field('cs-uri');
  if (stem === undefined)
    return 'expected the path of a request in cs-uri-stem, cs-uri-path or cs-uri';
  const query = field('cs-uri-query')?.replace(/^\?/, '');
  const target = query === undefined || stem.includes('?') ? stem : `${stem}?${query}`;
  const method = field('cs-method');
  const asked = parseRequest(method, target);
  if (asked === undefined) return `not a request of HTTP: ${quoted(`${method ?? '-'} ${target}`)}`;
  const [status, bytes] = [field('sc-status'), field('sc-bytes') ?? field('bytes')];
  for (const [name, text] of Object.entries({ 'sc-status': status, 'sc-bytes': bytes }))
    if (text !== undefined && !NUMBER.test(text))
      return `${name}: expected a number, got ${quoted(text)}`;
  return { time, ...asked, status: numberOf(status), bytes: numberOf(bytes) };
}

/** These logs are written in UTC. */
function timeOf(field: W3cFields, began: number | undefined): number | string {
  const [date, clock] = [field('date'), field('time')];
  if (date !== undefined && clock !== undefined) return instantOf(`${date} ${clock}`, 'Z');
  const whole = field('date-time') ?? field('timestamp(ms)') ?? field('timestamp');
  if (whole !== undefined) return instantOf(whole, 'Z');
  if (clock === undefined) return 'expected a time in the fields date and time';
  if (began === undefined) return 'expected a field date, or a line "#Date: …" before it';
  const time = instantOf(`${new Date(began).toISOString().slice(0, 10)} ${clock}`, 'Z');
  // A log that goes on behind midnight; a line may be a little older than the directive.
  return typeof time === 'number' && time < began - DAY_MS / 2 ? time + DAY_MS : time;
}

function beginOf(directive: string): number | undefined {
  const [, date = '', clock = '00:00:00'] = DATE.exec(directive) ?? [];
  const [day, month, year] = date.split('-');
  // The time of an access log has its month as a word too.
  const time =
    month?.length === 3
      ? instantOf(`${day}/${month}/${year}:${clock} +0000`, 'Z')
      : instantOf(`${date} ${clock}`, 'Z');
  return typeof time === 'number' ? time : undefined;
}
