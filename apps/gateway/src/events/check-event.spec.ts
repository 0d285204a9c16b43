import { describe, expect, it } from '@jest/globals';
import { MAX_EVENT_BYTES, decodeEvent, encodeEvent, CURRENT_SCHEMA_ID } from '@tally/contracts';
import fc from 'fast-check';
import { checkEvent, type EventRules } from './check-event.js';
import { quoted, REJECTION_CODES } from './rejection.js';

const NOW = Date.UTC(2026, 5, 15, 12);
const rules: EventRules = {
  project: 'default',
  nowMs: NOW,
  arrivedMs: NOW,
  maxAgeMs: (type) => (type === 'fresh' ? 60_000 : null),
  assignId: () => 'assigned',
};
const good = { id: 'e-1', type: 'view', subject: 'video-42' };
const check = (more: object, isInexact = false) =>
  checkEvent({ ...good, ...more }, isInexact, rules);
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`name ${index}`, index]));

describe('an event', () => {
  it('is taken as it came', () => {
    const attributes = { country: 'NL', weight: 1.5, new: true };
    const time = '2026-06-15T11:59:59.1234+00:00';
    expect(check({ time, value: -4.5, attributes })).toEqual({
      ...good,
      project: 'default',
      time: NOW - 877,
      value: { unscaled: -45, scale: 1 },
      attributes,
      timeAssigned: false,
    });
  });

  it('has an id assigned and the time of its arrival when it came without', () => {
    expect(checkEvent({ type: 'view', subject: 's' }, false, rules)).toEqual({
      project: 'default',
      id: 'assigned',
      type: 'view',
      subject: 's',
      time: NOW,
      value: null,
      attributes: {},
      timeAssigned: true,
    });
  });

  it('is as old as it was when it arrived, however late it is looked at', () => {
    const type = 'fresh';
    const late: EventRules = { ...rules, nowMs: NOW + 5000 };
    const at = (ms: number) => ({ ...good, type, time: new Date(ms).toISOString() });
    expect(checkEvent(at(NOW - 60_000), false, late)).toMatchObject({ time: NOW - 60_000 });
    expect(checkEvent(at(NOW - 60_001), false, late)).toMatchObject({ code: 'time_out_of_range' });
  });

  it.each([null, 7, 'text', true, [], [good]])('%j is none', (input) => {
    expect(checkEvent(input, false, rules)).toMatchObject({ code: 'event_invalid' });
  });

  it.each([
    [{ foo: 1 }, 'field_unknown'],
    [JSON.parse('{"__proto__":{"type":"view"}}') as object, 'field_unknown'],
    [{ id: '' }, 'id_invalid'],
    [{ id: 7 }, 'id_invalid'],
    [{ id: 'a\0b' }, 'id_invalid'],
    [{ id: '\ud83d' }, 'id_invalid'],
    [{ id: 'é'.repeat(65) }, 'id_too_long'],
    [{ id: 'x'.repeat(129) }, 'id_too_long'],
    [{ type: undefined }, 'type_missing'],
    [{ type: null }, 'type_missing'],
    [{ type: 7 }, 'type_invalid'],
    [{ type: '' }, 'type_invalid'],
    [{ type: 'View' }, 'type_invalid'],
    [{ type: '_view' }, 'type_invalid'],
    [{ type: 'v'.repeat(65) }, 'type_too_long'],
    [{ subject: undefined }, 'subject_missing'],
    [{ subject: null }, 'subject_missing'],
    [{ subject: 42 }, 'subject_invalid'],
    [{ subject: '' }, 'subject_invalid'],
    [{ subject: 'a\0' }, 'subject_invalid'],
    [{ subject: 'a\udc00' }, 'subject_invalid'],
    [{ subject: '😀'.repeat(129) }, 'subject_too_long'],
    [{ time: 7 }, 'time_invalid'],
    [{ time: '2026-06-15' }, 'time_invalid'],
    [{ time: '1969-12-31T23:59:59.999Z' }, 'time_out_of_range'],
    [{ time: '9999-12-31T23:59:59Z' }, 'time_out_of_range'],
    [{ time: '2026-06-15T13:00:00.001Z' }, 'time_out_of_range'],
    [{ type: 'fresh', time: '2026-06-15T11:58:59.999Z' }, 'time_out_of_range'],
    [{ value: '7' }, 'value_invalid'],
    [{ value: Infinity }, 'value_invalid'],
    [{ value: 0.1234567890123456 }, 'value_invalid'],
    [{ value: 1234567890123456 }, 'value_invalid'],
    [{ attributes: [] }, 'attributes_invalid'],
    [{ attributes: { a: {} } }, 'attributes_invalid'],
    [{ attributes: { a: null, b: [null] } }, 'attributes_invalid'],
    [{ attributes: { a: Infinity } }, 'attributes_invalid'],
    [{ attributes: { a: 'x\0' } }, 'attributes_invalid'],
    [{ attributes: { 'a\0': 1 } }, 'attributes_invalid'],
    [{ attributes: { '': 1 } }, 'attributes_invalid'],
    [{ attributes: JSON.parse('{"__proto__":1}') as object }, 'attributes_invalid'],
    [{ attributes: { ['n'.repeat(65)]: 1 } }, 'attributes_too_long'],
    [{ attributes: { a: 'é'.repeat(129) } }, 'attributes_too_long'],
    [{ attributes: many(33) }, 'attributes_too_long'],
  ])('with %j is rejected as %s', (more, code) => {
    const rejection = check(more);
    expect(rejection).toMatchObject({ kind: 'rejected', code });
    expect(REJECTION_CODES).toContain(code);
  });

  it.each([
    { id: 'é'.repeat(64) },
    { id: 'x'.repeat(128) },
    { subject: '😀'.repeat(128) },
    { subject: 'e\u0301 is not é' },
    { type: 'v'.repeat(64) },
    { time: '1970-01-01T00:00:00Z' },
    { time: '2026-06-15T13:00:00Z' },
    { type: 'fresh', time: '2026-06-15T11:59:00Z' },
    { value: 1e11 },
    { attributes: many(32) },
    { attributes: { a: 'é'.repeat(128) } },
  ])('at a limit, %j, is taken', (more) => {
    expect(check(more)).not.toHaveProperty('kind');
  });

  it.each([
    [{ id: null }, { id: 'assigned' }],
    [{ time: null }, { time: NOW, timeAssigned: true }],
    [{ value: null }, { value: null }],
    [{ attributes: null }, { attributes: {} }],
    [{ attributes: { a: null, b: 'x', '': null, c: null } }, { attributes: { b: 'x' } }],
    [{ attributes: { ...many(32), none: null } }, { attributes: many(32) }],
    [{ referrer: null }, good],
  ])('%j: what is null is absent', (more, expected) => {
    expect(check(more)).toEqual(expect.objectContaining(expected));
  });

  it('that has an attribute called kind is no rejection', () => {
    expect(check({ attributes: { kind: 'rejected' } })).toMatchObject(good);
  });

  it.each([
    [{ id: 7 }, 'expected a string of 1 to 128 bytes, got a number'],
    [{ subject: '' }, 'expected a string of 1 to 512 bytes, got an empty string'],
    [{ value: '1.5' }, 'between -10^12 and 10^12, got a string'],
    [{ time: 1767261600 }, 'RFC 3339 with an offset, as 2026-01-31T12:00:00Z, got a number'],
    [{ time: '2026-01-01T10:00:00' }, '"2026-01-01T10:00:00", which has no offset (Z, +01:00)'],
    [{ time: '2026-02-30T10:00:00Z' }, 'RFC 3339 with an offset'],
    [{ attributes: ['a'] }, 'expected an object, got an array'],
    [{ attributes: { a: {} } }, 'a string, a number or a boolean, got an object'],
    [{ colour: 'red' }, 'an event has id, type, subject, time, value and attributes'],
    [{ events: [] }, 'an array or one per line, with nothing around them'],
  ])('with %j is told what was expected and what came', (more, detail) => {
    expect(check(more)).toMatchObject({ detail: expect.stringContaining(detail) });
  });

  it('whose value lost digits is rejected, though what is left of it is fine', () => {
    expect(check({ value: 1 }, true)).toMatchObject({ code: 'value_invalid' });
    expect(check({ value: 1 }, false)).toMatchObject({ value: { unscaled: 1, scale: 0 } });
  });

  it('of the largest kind fits into a block, and comes back from its bytes', () => {
    const largest = check({
      id: 'é'.repeat(64),
      type: 't'.repeat(64),
      subject: '😀'.repeat(128),
      value: 99999999999.9999,
      attributes: Object.fromEntries(
        Array.from({ length: 32 }, (_, index) => [
          String(index).padStart(64, 'n'),
          'é'.repeat(128),
        ]),
      ),
    });
    if ('kind' in largest) throw new Error(largest.detail);
    const bytes = Buffer.alloc(MAX_EVENT_BYTES);
    const end = encodeEvent(largest, bytes, 0);
    expect(end).toBeGreaterThan(10_000);
    expect(decodeEvent(CURRENT_SCHEMA_ID, bytes.subarray(0, end))).toEqual(largest);
  });

  it('any JSON gets an answer whose text is short and printable', () => {
    const field = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
    const near = fc.record(
      { ...Object.fromEntries(Object.keys(good).map((name) => [name, field])), attributes: field },
      { requiredKeys: [] },
    );
    const input = fc.oneof(
      fc.jsonValue(),
      near.map((fields) => ({ ...good, ...fields })),
      fc
        .dictionary(fc.string({ unit: 'binary' }), field)
        .map((attributes) => ({ ...good, attributes })),
      fc.dictionary(fc.string({ unit: 'binary', maxLength: 200 }), field),
    );
    fc.assert(
      fc.property(input, (value) => {
        const answer = checkEvent(value, false, rules);
        if (!('kind' in answer)) return;
        expect(answer.detail.length).toBeLessThan(200);
        expect(answer.detail).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a quoted text', () => {
  it('is cut at 64 characters, without control characters', () => {
    expect(quoted('foo')).toBe('"foo"');
    expect(quoted('x'.repeat(64))).toBe(`"${'x'.repeat(64)}"`);
    expect(quoted('x'.repeat(65))).toBe(`"${'x'.repeat(63)}…"`);
    expect(quoted('a\n\u001b[31m\ud83d')).toBe('"a\ufffd\ufffd[31m\ufffd"');
  });
});
