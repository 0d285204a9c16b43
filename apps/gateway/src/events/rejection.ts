/** Why one event of a batch was not accepted: the closed list of the public API. */
export const REJECTION_CODES = [
  'event_invalid',
  'field_unknown',
  'id_invalid',
  'id_too_long',
  'type_missing',
  'type_invalid',
  'type_too_long',
  'subject_missing',
  'subject_invalid',
  'subject_too_long',
  'time_invalid',
  'time_out_of_range',
  'value_invalid',
  'attributes_invalid',
  'attributes_too_long',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

export interface Rejection {
  readonly kind: 'rejected';
  readonly code: RejectionCode;
  /** What was expected, for people; at most 64 characters of it are the sender's. */
  readonly detail: string;
}

export function rejected(code: RejectionCode, detail: string): Rejection {
  return { kind: 'rejected', code, detail };
}

const MAX_QUOTED = 64;
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text of a stranger for people to read: cut, without control characters and halves of pairs. */
export function quoted(text: string): string {
  const cut = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED - 1)}…` : text;
  return `"${cut.replace(UNPRINTABLE, '\ufffd')}"`;
}

/** What kind of JSON value came where another one was expected, for people. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
