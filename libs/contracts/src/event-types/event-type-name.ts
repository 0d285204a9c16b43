/** Most characters in the name of an event type. */
export const MAX_EVENT_TYPE_LENGTH = 64;
/** The rule of such a name, as a regular expression of ECMA-262 without flags. */
export const EVENT_TYPE_PATTERN = `^[a-z0-9][a-z0-9._-]{0,${MAX_EVENT_TYPE_LENGTH - 1}}$`;

const EVENT_TYPE_NAME = new RegExp(EVENT_TYPE_PATTERN);

/** Whether a text is the name of an event type, defined or not. */
export function isEventTypeName(text: string): boolean {
  return EVENT_TYPE_NAME.test(text);
}
