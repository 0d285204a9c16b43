import { ATTRIBUTE_NAME_BYTES } from '../event-types/attribute-name.js';
import { isEventTypeName, MAX_EVENT_TYPE_LENGTH } from '../event-types/event-type-name.js';
import type { RecordBounds } from './avro-reader.js';

/** Most bytes of UTF-8 in the id of an event. */
export const MAX_ID_BYTES = 128;
/** Most bytes of UTF-8 in a subject. */
export const MAX_SUBJECT_BYTES = 512;
/** Most attributes of an event. */
export const MAX_ATTRIBUTES = 32;
/** Most bytes of UTF-8 in an attribute that is a text. */
export const MAX_ATTRIBUTE_BYTES = 256;
/** Most characters in the name of a project. */
export const MAX_PROJECT_LENGTH = 64;
/** 10000-01-01T00:00Z: no event lies behind. */
export const END_OF_TIME_MS = 253_402_300_800_000;

const PROJECT_NAME = new RegExp(`^[a-z0-9][a-z0-9-]{0,${MAX_PROJECT_LENGTH - 1}}$`);

/** The rules of an event that are bounds of its parts: whoever decodes one has checked them. */
export const EVENT_BOUNDS: RecordBounds = {
  stringBytes: new Map([
    ['project', MAX_PROJECT_LENGTH],
    ['id', MAX_ID_BYTES],
    ['type', MAX_EVENT_TYPE_LENGTH],
    ['subject', MAX_SUBJECT_BYTES],
  ]),
  mapEntries: MAX_ATTRIBUTES,
  mapNameBytes: ATTRIBUTE_NAME_BYTES,
  mapStringBytes: MAX_ATTRIBUTE_BYTES,
};

/** Whether a text is the name of a project. */
export function isProjectName(text: string): boolean {
  return PROJECT_NAME.test(text);
}

/** Whether these are names that a project and an event type may have. */
export function areNames(project: string, type: string): boolean {
  return isProjectName(project) && isEventTypeName(type);
}
