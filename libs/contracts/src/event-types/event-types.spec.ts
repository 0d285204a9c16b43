import { describe, expect, it } from '@jest/globals';
import { readDocument } from '../documents/read-document.js';
import { isAttributeName } from './attribute-name.js';
import { EVENT_TYPE_SCHEMA, isSameDefinition } from './event-type-definition.js';
import { isEventTypeName } from './event-type-name.js';
import { parseRegistryChange } from './registry-change.js';

const definition = { dimensions: ['b', 'a'], maxAgeMs: null, retention: '30d' };

describe('the definition of an event type', () => {
  it('has its dimensions in ascending order once it is stored', () => {
    const change = { project: 'default', type: 'view', definition, more: 'is left out' };
    expect(parseRegistryChange(change)).toEqual({
      project: 'default',
      type: 'view',
      // Stored before there were any: without fields of the catalogue and sketches, and with the usual limit.
      definition: {
        dimensions: ['a', 'b'],
        enriched: [],
        cardinalityLimit: 1000,
        maxAgeMs: null,
        retention: '30d',
        uniques: [],
        quantiles: false,
      },
    });
    const more = {
      ...definition,
      enriched: ['owner', 'category'],
      uniques: ['user', 'ip'],
      quantiles: true,
    };
    expect(parseRegistryChange({ ...change, definition: more }).definition).toMatchObject({
      dimensions: ['a', 'b'],
      enriched: ['category', 'owner'],
      uniques: ['ip', 'user'],
      quantiles: true,
    });
  });

  it.each([
    [null, 'an object'],
    ['30d', 'an object'],
    [{ ...definition, dimensions: 'a' }, 'at most 8 dimensions'],
    [{ ...definition, dimensions: Array.from({ length: 9 }, String) }, 'at most 8 dimensions'],
    [{ ...definition, dimensions: ['a', 'a'] }, 'each dimension once'],
    [{ ...definition, dimensions: [''] }, 'names of attributes'],
    [{ ...definition, dimensions: [7] }, 'names of attributes'],
    [{ ...definition, cardinalityLimit: 0 }, 'limit from 1 to 100000'],
    [{ ...definition, cardinalityLimit: 100_001 }, 'limit from 1 to 100000'],
    [{ ...definition, enriched: 'owner' }, 'at most 4 enriched dimensions'],
    [{ ...definition, enriched: Array.from({ length: 5 }, String) }, 'at most 4 enriched'],
    [{ ...definition, enriched: ['c', 'c'] }, 'each enriched dimension once'],
    [{ ...definition, enriched: ['__proto__'] }, 'enriched dimensions that are names'],
    [{ ...definition, enriched: ['b'] }, 'no name in both'],
    [
      { ...definition, dimensions: ['1', '2', '3', '4', '5', '6', '7'], enriched: ['c', 'd'] },
      'at most 8 dimensions together',
    ],
    [{ ...definition, maxAgeMs: 999 }, 'from 1 second to 10 years'],
    [{ ...definition, maxAgeMs: 315_360_000_001 }, 'from 1 second to 10 years'],
    [{ ...definition, maxAgeMs: 1500.5 }, 'from 1 second to 10 years'],
    [{ dimensions: [], retention: '30d' }, 'from 1 second to 10 years'],
    [{ ...definition, uniques: ['a', 'b', 'c', 'd', 'e'] }, 'at most 4 unique attributes'],
    [{ ...definition, uniques: ['a', 'a'] }, 'each unique attribute once'],
    [{ ...definition, uniques: [''] }, 'unique attributes that are names'],
    [{ ...definition, quantiles: 'yes' }, 'true or false'],
    [{ ...definition, retention: '2d' }, 'one of 1d, 7d, 30d, 90d, 1y, ever'],
  ])('%j is refused', (value, expected) => {
    expect(readDocument(EVENT_TYPE_SCHEMA, value)).toEqual({
      kind: 'malformed',
      problem: expect.stringContaining(expected),
    });
    const change = { project: 'default', type: 'view', definition: value };
    expect(() => parseRegistryChange(change)).toThrow(expected);
  });

  it.each([
    undefined,
    null,
    {},
    { project: 'default', type: 'View', definition },
    { type: 'view' },
  ])('%j is no change of the registry', (value) => {
    expect(() => parseRegistryChange(value)).toThrow(RangeError);
  });

  it('is the same when all its parts are', () => {
    const one = {
      dimensions: ['a'],
      enriched: ['e'],
      cardinalityLimit: 9,
      maxAgeMs: 1000,
      retention: '1d',
      uniques: ['u'],
      quantiles: false,
    } as const;
    expect(isSameDefinition(one, { ...one, dimensions: ['a'] })).toBe(true);
    expect(isSameDefinition(one, { ...one, dimensions: ['b'] })).toBe(false);
    expect(isSameDefinition(one, { ...one, cardinalityLimit: 8 })).toBe(false);
    expect(isSameDefinition(one, { ...one, dimensions: ['a', 'b'] })).toBe(false);
    expect(isSameDefinition(one, { ...one, enriched: ['f'] })).toBe(false);
    expect(isSameDefinition(one, { ...one, maxAgeMs: null })).toBe(false);
    expect(isSameDefinition(one, { ...one, retention: '7d' })).toBe(false);
    expect(isSameDefinition(one, { ...one, uniques: [] })).toBe(false);
    expect(isSameDefinition(one, { ...one, uniques: ['v'] })).toBe(false);
    expect(isSameDefinition(one, { ...one, quantiles: true })).toBe(false);
  });
});

describe('names', () => {
  it.each([
    ['view', true],
    ['7.a_b-c', true],
    ['x'.repeat(64), true],
    ['x'.repeat(65), false],
    ['', false],
    ['View', false],
    ['.view', false],
    ['view\n', false],
  ])('of event types: %j is %p', (name, is) => expect(isEventTypeName(name)).toBe(is));

  it.each([
    ['destination', true],
    ['é'.repeat(32), true],
    ['é'.repeat(33), false],
    ['😀', true],
    ['\ud83d', false],
    ['a\0', false],
    ['', false],
    ['__proto__', false],
  ])('of attributes: %j is %p', (name, is) => expect(isAttributeName(name)).toBe(is));
});
