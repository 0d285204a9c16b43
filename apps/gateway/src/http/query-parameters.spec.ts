import { describe, expect, it } from '@jest/globals';
import { oneOf, readQuery } from './query-parameters.js';

const read = (target: string) => [...readQuery(target, ['type', 'subject'])];

describe('the query of a request', () => {
  it('is decoded and kept in order', () => {
    expect(read('/v1/stats')).toEqual([]);
    expect(read('/v1/stats?')).toEqual([]);
    expect(read('/v1/stats?subject=b%26c&type=view&&subject=a+%2B%20é')).toEqual([
      ['subject', ['b&c', 'a + é']],
      ['type', ['view']],
    ]);
    expect(read('/v1/stats?subject&type=a=b')).toEqual([
      ['subject', ['']],
      ['type', ['a=b']],
    ]);
  });

  it.each(['?other=1', '?Type=view', '?type=%', '?type=%FF', '?subject=%ED%A0%80', '?%zz=1'])(
    '%s is refused',
    (query) => {
      const refused = expect.objectContaining({ code: 'invalid_argument' });
      expect(() => read(`/v1/stats${query}`)).toThrow(refused);
    },
  );

  it('is refused with all that is wrong, and the nearest names', () => {
    expect(() => read('/v1/stats?tpye=a&subjects=b&tpye=c&subject=%FF&colour=1')).toThrow(
      'expected parameters among type, subject, got "tpye" (is it type?); ' +
        'expected parameters among type, subject, got "subjects" (is it subject?); ' +
        'expected subject to be percent-encoded UTF-8; ' +
        'expected parameters among type, subject, got "colour"',
    );
    const many = Array.from({ length: 30 }, (_, index) => `x${index}=1`).join('&');
    expect(() => read(`/v1/stats?${many}`)).toThrow('and 20 more of the kind');
  });

  it('gives one value where one is expected', () => {
    const query = readQuery('/?type=a&subject=b&subject=c', ['type', 'subject']);
    expect(oneOf(query, 'type')).toBe('a');
    expect(oneOf(query, 'missing')).toBeUndefined();
    expect(() => oneOf(query, 'subject')).toThrow('expected subject once');
  });
});
