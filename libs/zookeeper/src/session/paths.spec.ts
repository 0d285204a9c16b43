import { describe, expect, it } from '@jest/globals';
import { assertNodeName, assertPath, parentOf, parentsOf } from './paths.js';

describe('paths of znodes', () => {
  it.each(['/a', '/services/query/0-1_é', '/a.b/..c'])('%s is a path', (path) => {
    expect(assertPath(path)).toBe(path);
  });

  it.each(['', '/', 'a', '/a/', '//a', '/a//b', '/a/./b', '/a/..', '/a\u0000', '/zookeeper/x'])(
    '%j is none',
    (path) => {
      expect(() => assertPath(path)).toThrow(TypeError);
    },
  );

  it('a name is one segment', () => {
    expect(() => assertNodeName('a/b')).toThrow('expected the name of a znode, got "a/b"');
  });

  it('the parents of a path are all above it, from the top', () => {
    expect(parentsOf('/a/b/c')).toEqual(['/a', '/a/b']);
    expect(parentsOf('/a')).toEqual([]);
    expect(parentOf('/a/b/c')).toBe('/a/b');
  });
});
