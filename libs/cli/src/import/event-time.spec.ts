import { describe, expect, it } from '@jest/globals';
import { eventTimeOf, instantOf, parseZone } from './event-time.js';

const textOf = (text: string, zone = parseZone('+02:00')) => {
  const time = eventTimeOf(text, zone);
  return time.kind === 'time' ? time.text : time;
};

describe('the time of a record', () => {
  it.each([
    ['with T and an offset', '2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123456Z'],
    ['with a space', '2026-01-31 12:00:00+01:00', '2026-01-31T12:00:00+01:00'],
    ['with hours of offset alone', '2026-01-31 12:00:00+01', '2026-01-31T12:00:00+01:00'],
    ['in UTC by name', '2026-01-31 12:00:00 UTC', '2026-01-31T12:00:00Z'],
    ['with a decimal comma', '2026-01-31 12:00:00,5Z', '2026-01-31T12:00:00.5Z'],
    ['of the zone that was given', '2026-01-31 12:00', '2026-01-31T12:00:00+02:00'],
    ['day first with points', '3.1.2026 12:00:00', '2026-01-03T12:00:00+02:00'],
    ['of an access log', '31/Jan/2026:12:00:00 -0100', '2026-01-31T13:00:00.000Z'],
    [
      'with the name of its zone',
      '2026-01-31T12:00:00+01:00[Europe/Berlin]',
      '2026-01-31T12:00:00+01:00',
    ],
    ['of a mail', 'Sat, 31 Jan 2026 12:00:00 +0100', '2026-01-31T11:00:00.000Z'],
    ['of HTTP', 'Sat, 31 Jan 2026 12:00:00 GMT', '2026-01-31T12:00:00.000Z'],
    ['in brackets', '[31/Jan/2026:12:00:00 -0100]', '2026-01-31T13:00:00.000Z'],
    ['with a leap second', '31/Dec/2016:23:59:60 +0000', '2016-12-31T23:59:59.999Z'],
    ['in seconds', '1700000000.2599', '2023-11-14T22:13:20.259Z'],
    ['in milliseconds', '1700000000259', '2023-11-14T22:13:20.259Z'],
    ['in microseconds', '1700000000259999', '2023-11-14T22:13:20.259Z'],
    ['in nanoseconds', '1700000000259999999', '2023-11-14T22:13:20.259Z'],
  ])('is read %s', (_, written, time) => {
    expect(textOf(written)).toBe(time);
  });

  it.each([
    '',
    'noon',
    '20260131',
    '202601311200',
    '1/2/2026 12:00',
    '31/Feb/2026:12:00:00 +0000',
    '30/Jan/2026:23:59:60 +0000',
    '31 Feb 2026 12:00:00 GMT',
    '2026-01-31 12:00:00[Europe/Berlin]',
  ])('is refused rather than guessed: %j', (written) => {
    expect(textOf(written)).toMatchObject({ kind: 'problem' });
  });

  it('needs a zone when it has no offset', () => {
    const expected: unknown = expect.stringContaining('--zone');
    expect(eventTimeOf('2026-01-31 12:00:00', undefined)).toEqual({ kind: 'problem', expected });
  });

  it('is an instant when its day exists', () => {
    expect(instantOf('2026-01-31T12:00:00.9999+01:00', 'Z')).toBe(
      Date.parse('2026-01-31T11:00:00.999Z'),
    );
    expect(instantOf('2026-02-31T12:00:00Z', 'Z')).toContain('no such time');
  });
});
