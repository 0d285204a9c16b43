import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './load-config.js';
import { addresses, hostNames, line, oneOf, port, setting, url, wholeNumber } from './settings.js';

const settings = {
  adminPort: setting('ADMIN_PORT', port(), 'the admin port'),
  level: setting('LEVEL', oneOf(['debug', 'info'], 'info'), 'the log level'),
  zookeeper: setting('ZOOKEEPER', addresses(), 'the ensemble'),
  delayMs: setting('DELAY_MS', wholeNumber(0, 100, 7), 'a delay'),
  name: setting('NAME', line('a name', 'none'), 'a name'),
  database: setting('DATABASE', url(['postgres']), 'the database', { secret: true }),
};
const good = { ADMIN_PORT: '9100', ZOOKEEPER: 'a:2181,b:2181', DATABASE: 'postgres://u:p@h/d' };

describe('parseConfig', () => {
  it('gives typed values and defaults; an empty variable counts as absent', () => {
    expect(parseConfig(settings, { ...good, LEVEL: '', DELAY_MS: '0' })).toEqual({
      kind: 'ok',
      config: {
        adminPort: 9100,
        level: 'info',
        zookeeper: 'a:2181,b:2181',
        delayMs: 0,
        name: 'none',
        database: 'postgres://u:p@h/d',
      },
    });
  });

  it('names every problem at once, and what was expected', () => {
    expect(parseConfig(settings, { ADMIN_PORT: '0x50', LEVEL: 'loud', DELAY_MS: '101' })).toEqual({
      kind: 'invalid',
      problems: [
        'ADMIN_PORT: expected a whole number from 1 to 65535, got "0x50" (the admin port)',
        'LEVEL: expected one of debug, info, got "loud" (the log level)',
        'ZOOKEEPER: expected host:port[,host:port…], it is missing (the ensemble)',
        'DELAY_MS: expected a whole number from 0 to 100, got "101" (a delay)',
        'DATABASE: expected a URL that starts with postgres://, it is missing (the database)',
      ],
    });
  });

  it('never repeats the value of a secret', () => {
    const loaded = parseConfig(settings, { ...good, DATABASE: 'mysql://root:hunter2@h/d' });
    expect(JSON.stringify(loaded)).not.toContain('hunter2');
    expect(loaded).toMatchObject({
      kind: 'invalid',
      problems: [expect.stringContaining('DATABASE')],
    });
  });

  it.each(['', '*', 'a.example.org', '*.example.org,[::1],b_c', '10.0.0.1'])(
    'takes %j as names of hosts',
    (names) => {
      const hosts = setting('HOSTS', hostNames(), 'hosts');
      expect(parseConfig({ hosts }, { HOSTS: names })).toEqual({
        kind: 'ok',
        config: { hosts: names },
      });
    },
  );

  it.each(['a:80', 'a, b', 'a,,b', 'http://a', '*a', 'a.*', ','])(
    'takes %j for no names of hosts',
    (names) => {
      const hosts = setting('HOSTS', hostNames(), 'hosts');
      expect(parseConfig({ hosts }, { HOSTS: names })).toMatchObject({ kind: 'invalid' });
    },
  );
});
