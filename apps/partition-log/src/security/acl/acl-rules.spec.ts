import { describe, expect, it } from '@jest/globals';
import { parseAclRules } from './acl-rules.js';

const rightsOf = (user: string, ...lines: string[]) =>
  parseAclRules(`# ours\n\n${lines.join('\n')}\n`).of(user);

describe('the rights of a user', () => {
  it('are those of its rules and no others', () => {
    const ann = rightsOf('ann', 'User:ann read topic literal a', 'User:bob write topic literal a');
    expect(ann.may('read', 'topic', 'a')).toBe(true);
    expect(ann.may('write', 'topic', 'a')).toBe(false);
    expect(ann.may('read', 'topic', 'ab')).toBe(false);
    expect(ann.may('read', 'group', 'a')).toBe(false);
    expect(ann.may('describe', 'cluster')).toBe(false);
    expect(ann.mayAny('read', 'topic')).toBe(true);
    expect(ann.mayAny('write', 'topic')).toBe(false);
  });

  it('hold for all names that begin like a prefix, and for all where the name is *', () => {
    const ann = rightsOf(
      'ann',
      'User:ann read topic prefixed events-',
      'User:ann  read\tgroup literal *',
    );
    expect(ann.may('read', 'topic', 'events-1')).toBe(true);
    expect(ann.may('read', 'topic', 'event')).toBe(false);
    expect(ann.may('read', 'group', 'any')).toBe(true);
    expect(rightsOf('ann', 'User:ann read topic prefixed *').may('read', 'topic', 'a')).toBe(false);
  });

  it('are also those of everybody', () => {
    const ann = rightsOf('ann', 'User:* describe topic literal a');
    expect(ann.may('describe', 'topic', 'a')).toBe(true);
  });

  it.each(['read', 'write', 'delete', 'alter'])('%s means to describe too', (operation) => {
    const ann = rightsOf('ann', `User:ann ${operation} topic literal a`);
    expect(ann.may('describe', 'topic', 'a')).toBe(true);
    expect(ann.may('describe-configs', 'topic', 'a')).toBe(false);
  });

  it('alter-configs means describe-configs, and nothing else follows', () => {
    const ann = rightsOf('ann', 'User:ann alter-configs,create topic literal a');
    expect(ann.may('describe-configs', 'topic', 'a')).toBe(true);
    expect(ann.may('describe', 'topic', 'a')).toBe(false);
  });

  it('all are all of that kind of thing', () => {
    const ann = rightsOf('ann', 'User:ann all cluster');
    expect(ann.may('idempotent-write', 'cluster')).toBe(true);
    expect(ann.may('describe', 'topic', 'a')).toBe(false);
  });
});

describe('a file that is none of rules', () => {
  it.each([
    ['ann read topic literal a\n', 'line 1: expected User: and a name'],
    ['# x\nUser:ann fly topic literal a\n', 'line 2: expected read, write'],
    ['User:ann write group literal a\n', 'got write'],
    ['User:ann read queue literal a\n', 'got queue'],
    ['User:ann read topic like a\n', 'expected literal or prefixed, got like'],
    ['User:ann read topic literal\n', 'expected one name'],
    ['User:ann read topic literal a b\n', 'expected one name, got a b'],
    ['User:ann all cluster literal x\n', 'expected one name'],
    ['User:ann read topic literal a', 'line end'],
    ['', 'line end'],
    ['# nothing\n', 'expected a rule'],
  ])('%j is told of', (text, message) => {
    expect(() => parseAclRules(text)).toThrow(message);
  });
});
