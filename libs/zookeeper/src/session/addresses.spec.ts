import { describe, expect, it } from '@jest/globals';
import { parseConnectString, resolveServers } from './addresses.js';

const resolve = (connect: string) => resolveServers(parseConnectString(connect));

describe('the servers of a connect string', () => {
  it('that are addresses stay as they are, and those without one are left out', async () => {
    const connect = '127.0.0.1:2181, no-such-host.invalid:2181,[::1]:2182';
    expect(await resolve(connect)).toBe('127.0.0.1:2181,[::1]:2182');
    expect(await resolve('no-such-host.invalid:2181')).toBe('');
  });

  it.each(['', '127.0.0.1', '127.0.0.1:2181/chroot', 'a:1,', 'a:b'])('are not %j', (connect) => {
    expect(() => parseConnectString(connect)).toThrow(TypeError);
  });
});
