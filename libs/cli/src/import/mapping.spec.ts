import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventTimeOf } from './event-time.js';
import { parseMapping, readColumns } from './mapping.js';

describe('a mapping', () => {
  it('names columns for fields, in one text or in several', () => {
    expect(parseMapping(['subject=url,value=a=b', 'attributes.country=geo'])).toEqual(
      new Map([
        ['subject', 'url'],
        ['value', 'a=b'],
        ['attributes.country', 'geo'],
      ]),
    );
    expect(parseMapping([])).toEqual(new Map());
  });

  it.each([
    ['subject', 'FIELD=COLUMN'],
    ['subject=', 'FIELD=COLUMN'],
    ['colour=c', 'expected one of'],
    ['attributes.=c', 'expected one of'],
    ['subject=a,subject=b', 'twice'],
    ['value=a', 'subject=COLUMN'],
  ])('%s is refused', (text, problem) => {
    expect(parseMapping([text])).toContain(problem);
  });
});

describe('an attribute', () => {
  it('goes under its name, also when objects have one of that name', () => {
    const mapping = new Map([
      ['subject', 's'] as const,
      ['attributes.__proto__', 'p'] as const,
      ['attributes.constructor', 'c'] as const,
    ]);
    const reading = readColumns((name) => name, 'i', {
      mapping,
      type: 'view',
      zone: undefined,
      decimalComma: false,
    });
    expect(reading).toEqual({
      kind: 'event',
      json: '{"id":"i","type":"view","subject":"s","attributes":{"__proto__":"p","constructor":"c"}}',
    });
  });
});

describe('a value', () => {
  const jsonOf = (value: string) => {
    const mapping = new Map([['subject', 's'] as const, ['value', 'v'] as const]);
    const column = (name: string) => (name === 's' ? 'a' : value);
    const reading = readColumns(column, 'i', {
      mapping,
      type: 'view',
      zone: undefined,
      decimalComma: false,
    });
    return reading.kind === 'event' ? reading.json : reading.kind;
  };

  it.each([
    ['12.50', '12.50'],
    ['0.12345678901234567890', '0.12345678901234567890'],
    ['+5', '5'],
    ['-007', '-7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e3', '1e3'],
    [' 0 ', '0'],
  ])('%s goes as %s', (text, number) => {
    expect(jsonOf(text)).toBe(`{"id":"i","type":"view","subject":"a","value":${number}}`);
  });

  it.each(['x', '1,5', '1 5', '--1', '.', '-', 'e3', 'NaN', 'Infinity', '0x10'])(
    '%s is none',
    (text) => {
      expect(jsonOf(text)).toBe('unreadable');
    },
  );

  it('is any number that JSON has, unchanged', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const { value } = JSON.parse(jsonOf(JSON.stringify(number))) as { value: number };
        expect(value === number).toBe(true);
      }),
    );
  });
});

describe('a time', () => {
  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
    ['2026-01-31 12:00:00.123456 +0200', '2026-01-31T12:00:00.123456+02:00'],
    ['2026-01-31T12:00-05:30', '2026-01-31T12:00:00-05:30'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    ['1700000000.5', '2023-11-14T22:13:20.500Z'],
    ['1700000000123', '2023-11-14T22:13:20.123Z'],
  ])('%s is %s', (text, time) => {
    expect(eventTimeOf(text, undefined)).toEqual({ kind: 'time', text: time });
  });

  it('without an offset needs a zone', () => {
    expect(eventTimeOf('2026-01-31 12:00:00', '+02:00')).toEqual({
      kind: 'time',
      text: '2026-01-31T12:00:00+02:00',
    });
    expect(eventTimeOf('2026-01-31 12:00:00', undefined)).toMatchObject({
      expected: expect.stringContaining('--zone'),
    });
  });

  it.each([
    '',
    'yesterday',
    '20260131',
    '202601311200',
    '31/01/2026 12:00',
    '-1',
    '17000000000000000',
  ])('%s is none, rather than a wrong one', (text) => {
    expect(eventTimeOf(text, 'Z').kind).toBe('problem');
  });
});
