import { describe, expect, it } from '@jest/globals';
import { DEFAULT_EVENT_TYPE, type EventTypeDefinition } from '@tally/contracts';
import fc from 'fast-check';
import { EventTypeHistory } from './event-type-history.js';

const keep = (retention: EventTypeDefinition['retention']): EventTypeDefinition => ({
  dimensions: [],
  enriched: [],
  maxAgeMs: null,
  retention,
});

describe('the history of event types', () => {
  it('says what a type meant in each version, the default before its first', () => {
    const history = new EventTypeHistory();
    history.apply(1, { project: 'default', type: 'like', definition: keep('7d') });
    history.apply(2, { project: 'default', type: 'view', definition: keep('30d') });
    history.apply(3, { project: 'default', type: 'like', definition: keep('1y') });
    const likes = [0, 1, 2, 3].map((version) => history.definition('default', 'like', version));
    expect(likes).toEqual([DEFAULT_EVENT_TYPE, keep('7d'), keep('7d'), keep('1y')]);
    expect(history.latestVersion).toBe(3);
    expect(history.list('default')).toEqual([
      { type: 'like', version: 3, definition: keep('1y') },
      { type: 'view', version: 2, definition: keep('30d') },
    ]);
    expect(history.versions('default', 'like').map(({ version }) => version)).toEqual([1, 3]);
  });

  it('keeps the types of projects apart', () => {
    const history = new EventTypeHistory();
    history.apply(1, { project: 'one', type: 'like', definition: keep('7d') });
    expect(history.definition('two', 'like', 1)).toEqual(DEFAULT_EVENT_TYPE);
    expect(history.current('two', 'like')).toBeUndefined();
    expect(history.list('two')).toEqual([]);
  });

  it('refuses a version out of order, and to guess about one that it does not know', () => {
    const history = new EventTypeHistory();
    const change = { project: 'default', type: 'like', definition: keep('7d') };
    expect(() => history.apply(2, change)).toThrow('expected version 1 of the event types, got 2');
    history.apply(1, change);
    expect(() => history.apply(1, change)).toThrow(RangeError);
    expect(() => history.definition('default', 'like', 2)).toThrow('a version up to 1, got 2');
  });

  it('what it says about a version is the same for ever', () => {
    const change = fc.record({
      project: fc.constantFrom('one', 'two'),
      type: fc.constantFrom('a', 'b', 'c'),
      definition: fc.constantFrom(keep('1d'), keep('7d'), keep('ever')),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const history = new EventTypeHistory();
        const said = new Map<string, EventTypeDefinition>();
        const tellAll = () => {
          for (let version = 0; version <= history.latestVersion; version++)
            for (const project of ['one', 'two'])
              for (const type of ['a', 'b', 'c']) {
                const key = `${version} ${project} ${type}`;
                const definition = history.definition(project, type, version);
                expect(said.get(key) ?? definition).toBe(definition);
                said.set(key, definition);
              }
        };
        changes.forEach((one, index) => {
          history.apply(index + 1, one);
          tellAll();
        });
      }),
    );
  });
});
