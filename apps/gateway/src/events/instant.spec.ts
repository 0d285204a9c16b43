import { describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@tally/contracts';
import fc from 'fast-check';
import { lacksOffset, parseInstant } from './instant.js';

describe('an instant', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-01-31T12:00:00.5Z', Date.UTC(2026, 0, 31, 12, 0, 0, 500)],
    ['2026-01-31t12:00:00z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00+05:45', Date.UTC(2026, 0, 31, 6, 15)],
    ['2026-01-31T12:00:00-00:00', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T23:30:00-23:59', Date.UTC(2026, 1, 1, 23, 29)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
    ['0000-01-01T00:00:00Z', -62_167_219_200_000],
    ['2026-01-31T12:00:00.123999999999Z', Date.UTC(2026, 0, 31, 12, 0, 0, 123)],
    ['2026-01-31 12:00:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31 12:00:00+00:00', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31 12:00:00.123456+02', Date.UTC(2026, 0, 31, 10, 0, 0, 123)],
    ['2026-01-31 12:00:00 +0200', Date.UTC(2026, 0, 31, 10)],
    ['2026-01-31 12:00:00 UTC', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31 12:00-0330', Date.UTC(2026, 0, 31, 15, 30)],
    ['2026-01-31T12:00:00,5Z', Date.UTC(2026, 0, 31, 12, 0, 0, 500)],
    ['2026-01-31T12:00:00+0100', Date.UTC(2026, 0, 31, 11)],
    ['2026-01-31T12:00:00-01', Date.UTC(2026, 0, 31, 13)],
  ])('%s', (text, ms) => expect(parseInstant(text)).toBe(ms));

  it.each([
    ['in UTC', '2016-12-31T23:59:60Z'],
    ['with an offset', '2017-01-01T05:44:60+05:45'],
    ['with a fraction', '2016-12-31T23:59:60.25Z'],
  ])('a leap second %s is the last millisecond of its minute', (_, text) =>
    expect(parseInstant(text)).toBe(Date.UTC(2017, 0, 1) - 1),
  );

  it.each([
    '',
    'now',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00',
    '2026-01-31 12:00:00',
    '2026-01-31T12:00:00,123',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00,Z',
    '2026-01-31T12:00.5Z',
    '2026-01-31T12Z',
    '2026-01-31_12:00:00Z',
    '2026-01-31  12:00:00Z',
    '2026-01-31T12:00:00  Z',
    '2026-01-31T12:00:00ZZ',
    '2026-01-31T12:00:00+1',
    '2026-01-31T12:00:00+100',
    '2026-01-31T12:00:00+01:',
    '2026-01-31T12:00:00+01000',
    '2026-01-31T12:00:00+2400',
    '2026-01-31T12:00:00 CET',
    '2026-01-31T12:00:00 utc',
    '2026-01-31T12:00:00Z[UTC]',
    '2026-01-31T12:00:00+01:00[Europe/Paris]',
    'Sat, 31 Jan 2026 12:00:00 GMT',
    'Sat Jan 31 12:00:00 UTC 2026',
    '20260131T120000Z',
    '1769860800',
    '1769860800000',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00+01:60',
    '2026-01-31T12:00:00Z ',
    ' 2026-01-31T12:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:60Z',
    '2026-06-15T23:59:60Z',
    '2016-12-31T23:59:61Z',
    '+02026-01-31T12:00:00Z',
    '-002026-01-31T12:00:00Z',
    '٢٠٢٦-01-31T12:00:00Z',
    `2026-01-31T12:00:00.${'1'.repeat(60)}Z`,
  ])('%j is none', (text) => expect(parseInstant(text)).toBeUndefined());

  it('agrees with Date through all years, and for any text that Date writes', () => {
    for (let day = -719_528; day < 2_932_896; day += 13) {
      const ms = day * DAY_MS;
      if (parseInstant(new Date(ms).toISOString()) !== ms) expect(day).toBe('parsed right');
    }
    const texts = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(texts, (date) => expect(parseInstant(date.toISOString())).toBe(date.getTime())),
    );
  });

  it('never throws, and takes nothing that the pattern of its forms does not', () => {
    const pattern =
      /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)? ?([Zz]|UTC|[+-]\d\d(:?\d\d)?)$/;
    const near = fc
      .tuple(fc.nat(30), fc.string({ unit: fc.constantFrom(...'0123456789-:.TtZz+ é'.split('')) }))
      .map(([at, text]) => {
        const whole = '2026-01-31T12:00:00.123+01:00';
        return whole.slice(0, at) + text + whole.slice(at + text.length);
      });
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        if (parseInstant(text) !== undefined) expect(text).toMatch(pattern);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['2026-01-31T12:00:00', true],
    ['2026-01-31 12:00:00.123456', true],
    ['2026-01-31T12:00', true],
    ['2026-01-31T12:00:00Z', false],
    ['2026-02-30T12:00:00', false],
    ['2026-01-31', false],
    ['yesterday', false],
  ])('%j lacks nothing but its offset: %p', (text, lacks) => {
    expect(lacksOffset(text)).toBe(lacks);
  });
});
