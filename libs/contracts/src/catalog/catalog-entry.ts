import { z } from 'zod';
import { parseDocument } from '../documents/read-document.js';
import { ATTRIBUTE_NAME_BYTES, isAttributeName } from '../event-types/attribute-name.js';
import { isProjectName, MAX_ATTRIBUTE_BYTES, MAX_SUBJECT_BYTES } from '../events/event-rules.js';

/**
 * A record of a catalogue says what is known of one subject from there on, in place of all that was.
 *
 * Its key: project, NUL, subject, in UTF-8. Its value: none where the entry was deleted, else:
 *
 * | at | size | field                                                          |
 * | -: | ---: | -------------------------------------------------------------- |
 * |  0 |    2 | magic `54 43` ("TC")                                            |
 * |  2 |    1 | format version, 1                                              |
 * |  3 |    1 | flags, 0                                                       |
 * |  4 |      | the fields: an object of texts as JSON, at most 768 bytes      |
 */
const MAGIC = 0x5443;
const FORMAT_VERSION = 1;
const HEADER_BYTES = 4;

/** Most fields of an entry. */
export const MAX_CATALOG_FIELDS = 16;
/**
 * Most bytes of the fields of an entry as JSON. So much may come to the names of each event's series:
 * what one record adds to a flush stays bounded.
 */
export const MAX_CATALOG_ENTRY_BYTES = 768;

const FIELDS = `expected at most ${MAX_CATALOG_FIELDS} fields: names with texts`;
const NAME = `expected names of fields of 1 to ${ATTRIBUTE_NAME_BYTES} bytes of UTF-8`;
const TEXT = `expected fields that are texts of at most ${MAX_ATTRIBUTE_BYTES} bytes of UTF-8, without NUL and halves of surrogate pairs`;
const SIZE = `expected fields that are at most ${MAX_CATALOG_ENTRY_BYTES} bytes of JSON together`;

/** The fields of an entry: the one rule, for the log, the API and its document. */
export const CATALOG_FIELDS = z
  .record(
    z.string(NAME).refine(isAttributeName, NAME),
    z.string(TEXT).max(MAX_ATTRIBUTE_BYTES, TEXT).refine(isFieldText, TEXT),
    {
      error: (issue) => (issue.code === 'invalid_key' ? NAME : FIELDS),
    },
  )
  .refine((fields) => Object.keys(fields).length <= MAX_CATALOG_FIELDS, FIELDS)
  .refine((fields) => jsonOf(fields).length <= MAX_CATALOG_ENTRY_BYTES, SIZE);

/** What is known of a subject: names with texts. */
export type CatalogFields = Readonly<Record<string, string>>;

/** Whose entry it is. */
export interface CatalogSubject {
  readonly project: string;
  readonly subject: string;
}

/** What a record of a catalogue says. */
export type CatalogChange =
  | (CatalogSubject & {
      readonly kind: 'change';
      /** undefined: the entry was deleted. */
      readonly fields: CatalogFields | undefined;
    })
  | { readonly kind: 'malformed'; readonly reason: string };

/** The topic of the catalogue that belongs to a topic of events. RangeError: it is none. */
export function catalogTopic(eventsTopic: string): string {
  const [, id] = /^events-([0-9a-f]{16})$/.exec(eventsTopic) ?? [];
  if (id === undefined) throw new RangeError(`expected a topic of events, got ${eventsTopic}`);
  return `catalog-${id}`;
}

/** The key of a subject's records. */
export function catalogKey(project: string, subject: string): Buffer {
  return Buffer.from(`${project}\0${subject}`);
}

/** The value of a record with these fields, which keep the rule. */
export function encodeCatalogFields(fields: CatalogFields): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(MAGIC, 0);
  header.writeUInt8(FORMAT_VERSION, 2);
  return Buffer.concat([header, jsonOf(fields)]);
}

/** The fields that such a value has. RangeError that says what is wrong: anybody may have written it. */
export function decodeCatalogFields(value: Buffer): CatalogFields {
  if (value.length < HEADER_BYTES || value.readUInt16BE(0) !== MAGIC)
    throw new RangeError('it does not begin as an entry of a catalogue does');
  if (value.readUInt8(2) !== FORMAT_VERSION || value.readUInt8(3) !== 0)
    throw new RangeError(`expected format version ${FORMAT_VERSION} without flags`);
  if (value.length > HEADER_BYTES + MAX_CATALOG_ENTRY_BYTES) throw new RangeError(SIZE);
  return parseDocument(CATALOG_FIELDS, parsed(value.toString('utf8', HEADER_BYTES)));
}

/** Reads a record, whoever wrote it. */
export function decodeCatalogChange(key: Buffer | null, value: Buffer | null): CatalogChange {
  const whose = decodeCatalogKey(key);
  if (whose === undefined) return malformed('its key is no project and subject');
  try {
    const fields = value === null ? undefined : decodeCatalogFields(value);
    return { kind: 'change', ...whose, fields };
  } catch (error) {
    if (error instanceof RangeError) return malformed(error.message);
    throw error;
  }
}

function decodeCatalogKey(key: Buffer | null): CatalogSubject | undefined {
  const text = key?.toString() ?? '';
  const end = text.indexOf('\0');
  const project = text.slice(0, end);
  const subject = text.slice(end + 1);
  if (end < 0 || !isProjectName(project) || !isSubject(subject)) return undefined;
  // Of bytes that are no UTF-8 nobody could find the entry.
  return key?.equals(catalogKey(project, subject)) === true ? { project, subject } : undefined;
}

/** Whether events may have such a subject. */
export function isSubject(text: string): boolean {
  return text !== '' && isWellFormed(text) && Buffer.byteLength(text) <= MAX_SUBJECT_BYTES;
}

function isFieldText(text: string): boolean {
  return isWellFormed(text) && Buffer.byteLength(text) <= MAX_ATTRIBUTE_BYTES;
}

function isWellFormed(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

function jsonOf(fields: CatalogFields): Buffer {
  return Buffer.from(JSON.stringify(fields));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new RangeError('expected fields as JSON');
  }
}

function malformed(reason: string): CatalogChange {
  return { kind: 'malformed', reason };
}
