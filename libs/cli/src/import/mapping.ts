import { quoted } from '@tally/client';
import { eventTimeOf, type Zone } from './event-time.js';
import { unreadable, type Reading } from './reading.js';

/** Which column gives which field of the event. */
export type Mapping = ReadonlyMap<Field, string>;
/** A field of an event, as --map names it. */
export type Field = (typeof FIELDS)[number] | `attributes.${string}`;

/** Fields that every event may have; attributes are named by the user. */
export const FIELDS = ['id', 'type', 'subject', 'time', 'value'] as const;
const ATTRIBUTE = 'attributes.';

/** A cell of CSV, or a member of a JSON object; undefined when the record has no such column. */
export type Column = (name: string) => unknown;

/** How columns become an event. */
export interface MappingOptions {
  readonly mapping: Mapping;
  /** Type of events that have no column for it. */
  readonly type: string;
  /** For times without an offset; undefined: those are refused. */
  readonly zone: Zone | undefined;
  /** Whether texts are numbers as `1.000,25`. */
  readonly decimalComma: boolean;
}

/** `subject=url,value=bytes,attributes.country=geo`; a sentence when it is wrong. */
export function parseMapping(texts: readonly string[]): Mapping | string {
  const mapping = new Map<Field, string>();
  for (const pair of texts.flatMap((text) => text.split(','))) {
    const equals = pair.indexOf('=');
    const [field, column] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
    if (equals < 0 || column === '') return `--map: expected FIELD=COLUMN, got ${quoted(pair)}`;
    if (!isField(field))
      return `--map: expected one of ${FIELDS.join(', ')}, attributes.NAME before "=", got ${quoted(field)}`;
    if (mapping.has(field)) return `--map: ${field} is given twice`;
    mapping.set(field, column);
  }
  if (mapping.size > 0 && !mapping.has('subject'))
    return '--map: expected subject=COLUMN among them';
  return mapping;
}

/** Whether a column or a word of --map names a field. */
export function isField(text: string): text is Field {
  if (text.startsWith(ATTRIBUTE)) return text.length > ATTRIBUTE.length;
  return FIELDS.some((field) => field === text);
}

/** The field that a column is called by, whatever its case; undefined for other names. */
export function fieldNamed(name: string): Field | undefined {
  const lower = name.toLowerCase();
  // The name of an attribute is the user's.
  const field = lower.startsWith(ATTRIBUTE) ? `${ATTRIBUTE}${name.slice(ATTRIBUTE.length)}` : lower;
  return isField(field) ? field : undefined;
}

/** The event of a record with columns. Empty texts and null count as absent. */
export function readColumns(
  column: Column,
  id: string,
  { mapping, type, zone, decimalComma }: MappingOptions,
): Reading {
  const event: Record<string, unknown> = { id, type };
  const attributes = new Map<string, unknown>();
  let value = '';
  for (const [field, name] of mapping) {
    const cell = column(name);
    if (cell === undefined || cell === null || cell === '') continue;
    if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'boolean')
      return unreadable(`${name}: expected a text or a number`);
    if (field === 'value') {
      const text = String(cell);
      const isLocal = decimalComma && typeof cell === 'string';
      const number = numberText(isLocal ? pointed(text) : text);
      if (number === undefined) {
        const hint =
          DECIMAL_COMMA.test(text) && !decimalComma ? '; --decimal-comma reads that' : '';
        return unreadable(`${name}: expected a number, got ${quoted(text)}${hint}`);
      }
      value = `,"value":${number}`;
    } else if (field === 'time') {
      const time = eventTimeOf(String(cell), zone);
      if (time.kind === 'problem') return unreadable(`${name}: ${time.expected}`);
      event['time'] = time.text;
    } else if (isAttribute(field)) attributes.set(field.slice(ATTRIBUTE.length), cell);
    else event[field] = String(cell);
  }
  if (event['subject'] === undefined)
    return unreadable(`${mapping.get('subject') ?? 'subject'}: expected what is counted`);
  // As members of their own, whatever they are called.
  if (attributes.size > 0) event['attributes'] = Object.fromEntries(attributes);
  // The digits of a value go as they came: a double may not hold them.
  return { kind: 'event', json: `${JSON.stringify(event).slice(0, -1)}${value}}` };
}

function isAttribute(field: Field): field is `attributes.${string}` {
  return field.startsWith(ATTRIBUTE);
}

/** A number as JSON writes it; also `+5`, `05` and `.5`, as spreadsheets do. */
function numberText(text: string): string | undefined {
  const [, minus, whole, fraction, exponent = ''] =
    /^\s*(?:\+|(-))?0*(\d*)(?:\.(\d*))?([eE][+-]?\d{1,3})?\s*$/.exec(text) ?? [];
  if (whole === undefined || !/\d/.test(text.split(/[eE]/, 1)[0] ?? '')) return undefined;
  return `${minus ?? ''}${whole === '' ? '0' : whole}${fraction ? `.${fraction}` : ''}${exponent}`;
}

/** `1.000,25`, also with blanks (of any width) between thousands. */
const DECIMAL_COMMA =
  /^\s*[+-]?(?:\d+|[1-9]\d{0,2}(?:([.\u00a0\u202f ])\d{3})(?:\1\d{3})*),\d+\s*$/;
const THOUSANDS = /^\s*[+-]?[1-9]\d{0,2}(?:([.\u00a0\u202f ])\d{3})(?:\1\d{3})*(?:,\d*)?\s*$/;

/** A text with decimal comma as one with a point; what is none stays none: `1.5` is not 15. */
function pointed(text: string): string {
  const whole = THOUSANDS.test(text) ? text.replace(/[.\u00a0\u202f ]/g, '') : text;
  return whole.includes('.') ? '' : whole.replace(',', '.');
}
