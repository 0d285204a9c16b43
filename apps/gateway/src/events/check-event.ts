import {
  ATTRIBUTE_NAME_BYTES,
  isEventTypeName,
  MAX_ATTRIBUTE_BYTES,
  MAX_ATTRIBUTES,
  MAX_EVENT_TYPE_LENGTH,
  MAX_ID_BYTES,
  MAX_SUBJECT_BYTES,
  type Event,
} from '@tally/contracts';
import { lacksOffset, parseInstant } from './instant.js';
import { MAX_AHEAD_MS } from './limits.js';
import { kindOf, quoted, rejected, type Rejection, type RejectionCode } from './rejection.js';
import { ILL_FORMED, utf8Bytes } from './text-rule.js';
import { decimalOf, EXPECTED_VALUE } from './value-rule.js';

/** What the checks of one request have in common. */
export interface EventRules {
  readonly project: string;
  /** When the request is looked at, in the log's clock, ms since 1970. */
  readonly nowMs: number;
  /** When it arrived, as its block will say: what the age of an event is judged by, here and later. */
  readonly arrivedMs: number;
  /** The maximum age of events of a type, in ms; null: none. */
  maxAgeMs(type: string): number | null;
  /** The id of an event that came without. */
  assignId(): string;
}

const NO_ATTRIBUTES: Event['attributes'] = {};

/**
 * The event that a parsed JSON value is, or the first rule that it breaks; a member that is null is
 * absent. Takes those out of the attributes, which the event then shares. `isInexact`: its `value` had
 * digits that parsing lost.
 */
export function checkEvent(
  input: unknown,
  isInexact: boolean,
  rules: EventRules,
): Event | Rejection {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return rejected('event_invalid', `expected an event (an object), got ${kindOf(input)}`);
  const fields = input as Readonly<Record<string, unknown>>;
  for (const name in fields) if (!isField(name) && fields[name] !== null) return unknownField(name);
  const { id, type, subject, time, value, attributes } = fields;

  if (isAbsent(type)) return rejected('type_missing', 'expected a type, for example "view"');
  if (typeof type !== 'string')
    return rejected('type_invalid', `expected a string, got ${kindOf(type)}`);
  if (type.length > MAX_EVENT_TYPE_LENGTH)
    return rejected('type_too_long', `expected at most ${MAX_EVENT_TYPE_LENGTH} characters`);
  if (!isEventTypeName(type))
    return rejected('type_invalid', 'expected a-z, 0-9, ".", "_" and "-", a letter or digit first');

  if (isAbsent(subject)) return rejected('subject_missing', 'expected what is counted');
  const subjectProblem = textProblem('subject', subject, MAX_SUBJECT_BYTES);
  if (subjectProblem !== undefined) return subjectProblem;
  if (!isAbsent(id)) {
    const idProblem = textProblem('id', id, MAX_ID_BYTES);
    if (idProblem !== undefined) return idProblem;
  }

  const instant = checkTime(time, type, rules);
  if (typeof instant !== 'number') return instant;

  if (!isAbsent(value) && typeof value !== 'number')
    return rejected('value_invalid', `${EXPECTED_VALUE}, got ${kindOf(value)}`);
  const decimal = isAbsent(value) ? null : isInexact ? undefined : decimalOf(value);
  if (decimal === undefined) return rejected('value_invalid', EXPECTED_VALUE);

  const attributesProblem = isAbsent(attributes) ? undefined : checkAttributes(attributes);
  if (attributesProblem !== undefined) return attributesProblem;
  return {
    project: rules.project,
    id: (id as string | null | undefined) ?? rules.assignId(),
    type,
    subject: subject as string,
    time: instant,
    value: decimal,
    attributes: (attributes as Event['attributes'] | null | undefined) ?? NO_ATTRIBUTES,
    timeAssigned: isAbsent(time),
  };
}

/** The id that an event came with, whatever else it is; undefined when that breaks a rule. */
export function idOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { id } = input as Readonly<Record<string, unknown>>;
  const isId = textProblem('id', id, MAX_ID_BYTES) === undefined;
  return isId ? (id as string) : undefined;
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function unknownField(name: string): Rejection {
  const expected =
    name === 'events'
      ? 'events are sent as an array or one per line, with nothing around them'
      : 'an event has id, type, subject, time, value and attributes';
  return rejected('field_unknown', `expected no field ${quoted(name)}: ${expected}`);
}

function isField(name: string): boolean {
  switch (name) {
    case 'id':
    case 'type':
    case 'subject':
    case 'time':
    case 'value':
    case 'attributes':
      return true;
    default:
      return false;
  }
}

function textProblem(
  field: 'id' | 'subject',
  text: unknown,
  maxBytes: number,
): Rejection | undefined {
  if (typeof text !== 'string' || text === '')
    return rejected(
      `${field}_invalid`,
      `expected a string of 1 to ${maxBytes} bytes, got ${kindOf(text)}`,
    );
  // A text has at least as many bytes as characters.
  const bytes = text.length > maxBytes ? text.length : utf8Bytes(text);
  if (bytes === ILL_FORMED)
    return rejected(`${field}_invalid`, 'expected no NUL and no half of a surrogate pair');
  if (bytes > maxBytes)
    return rejected(`${field}_too_long`, `expected at most ${maxBytes} bytes of UTF-8`);
  return undefined;
}

function checkTime(time: unknown, type: string, rules: EventRules): number | Rejection {
  const { nowMs, arrivedMs } = rules;
  const maxAgeMs = rules.maxAgeMs(type);
  if (isAbsent(time)) return nowMs;
  const instant = typeof time === 'string' ? parseInstant(time) : undefined;
  if (instant === undefined) return timeInvalid(time);
  if (instant < 0) return rejected('time_out_of_range', 'expected a time from 1970 on');
  if (instant > nowMs + MAX_AHEAD_MS)
    return rejected('time_out_of_range', 'expected a time at most one hour ahead');
  if (maxAgeMs !== null && instant < arrivedMs - maxAgeMs)
    return rejected('time_out_of_range', `expected a time at most ${maxAgeMs / 1000} s ago`);
  return instant;
}

function timeInvalid(time: unknown): Rejection {
  const got =
    typeof time !== 'string'
      ? `${kindOf(time)}${typeof time === 'number' ? ', which does not say what it counts' : ''}`
      : lacksOffset(time)
        ? `${quoted(time)}, which has no offset (Z, +01:00)`
        : quoted(time);
  return rejected(
    'time_invalid',
    `expected RFC 3339 with an offset, as 2026-01-31T12:00:00Z, got ${got}`,
  );
}

/** Leaves the attributes that are null out of the object. */
function checkAttributes(attributes: unknown): Rejection | undefined {
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes))
    return rejected('attributes_invalid', `expected an object, got ${kindOf(attributes)}`);
  const values = attributes as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const name in values) {
    const value = values[name];
    if (value === null) {
      Reflect.deleteProperty(values, name);
      continue;
    }
    count += 1;
    if (count > MAX_ATTRIBUTES)
      return rejected('attributes_too_long', `expected at most ${MAX_ATTRIBUTES} attributes`);
    // An object cannot hold this one like the others.
    if (name === '' || name === '__proto__')
      return wrong('attributes_invalid', name, 'another name');
    const nameBytes = name.length > ATTRIBUTE_NAME_BYTES ? name.length : utf8Bytes(name);
    if (nameBytes === ILL_FORMED)
      return wrong('attributes_invalid', name, 'a name without NUL and halves of surrogate pairs');
    if (nameBytes > ATTRIBUTE_NAME_BYTES)
      return wrong('attributes_too_long', name, `a name of at most ${ATTRIBUTE_NAME_BYTES} bytes`);
    if (typeof value === 'boolean') continue;
    if (typeof value === 'number') {
      if (!Number.isFinite(value))
        return wrong('attributes_invalid', name, 'a number below 10^308');
      continue;
    }
    if (typeof value !== 'string')
      return wrong(
        'attributes_invalid',
        name,
        `a string, a number or a boolean, got ${kindOf(value)}`,
      );
    const bytes = value.length > MAX_ATTRIBUTE_BYTES ? value.length : utf8Bytes(value);
    if (bytes === ILL_FORMED)
      return wrong('attributes_invalid', name, 'no NUL and no half of a surrogate pair');
    if (bytes > MAX_ATTRIBUTE_BYTES)
      return wrong('attributes_too_long', name, `at most ${MAX_ATTRIBUTE_BYTES} bytes`);
  }
  return undefined;
}

function wrong(code: RejectionCode, name: string, expected: string): Rejection {
  return rejected(code, `attribute ${quoted(name)}: expected ${expected}`);
}
