import { describe, expect, it } from '@jest/globals';
import { AllowedHosts } from './allowed-hosts.js';
import { hostNameIn } from './host-name.js';

const open = AllowedHosts.of({ apiKey: '', allowedHosts: '' });
const named = AllowedHosts.of({
  apiKey: '',
  allowedHosts: 'Tally.example.org,*.example.net,[2001:DB8:0::1]',
});

/** Whether a gateway is asked under this header. */
function takes(hosts: AllowedHosts, header: string): boolean {
  const host = hostNameIn(header);
  return host !== undefined && hosts.allows(host);
}

describe('the host of a header', () => {
  it.each([
    ['Tally.Example.ORG', 'tally.example.org'],
    ['tally.example.org.', 'tally.example.org'],
    ['tally.example.org.:443', 'tally.example.org'],
    ['localhost:', 'localhost'],
    ['127.0.0.1:8080', '127.0.0.1'],
    ['[::1]:8080', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['gate_way:8080', 'gate_way'],
    ['', ''],
  ])('%j is %j', (header, host) => expect(hostNameIn(header)).toBe(host));

  it.each([
    'user@localhost',
    'user:password@localhost:8080',
    'localhost:8080:8080',
    'localhost:http',
    'localhost, localhost',
    'localhost /',
    'http://localhost',
    '::1',
    '[::1',
    '[::1%25lo]',
    '[fe80::1%lo]',
    '[::1].example.org',
    '[1:2]',
    'löcalhost',
  ])('%j is malformed', (header) => expect(hostNameIn(header)).toBeUndefined());

  it('is found quickly also where it is as long as a head may be', () => {
    const long = 'a.'.repeat(32_000);
    expect(hostNameIn(`${long}@`)).toBeUndefined();
    expect(takes(named, long)).toBe(false);
  });
});

describe('a gateway without a key', () => {
  it.each([
    'localhost',
    'LOCALHOST:8080',
    'localhost.',
    'tally.localhost:1',
    '127.0.0.1:8080',
    '127.255.3.4',
    '[::1]:8080',
  ])('is asked as %s', (header) => expect(takes(open, header)).toBe(true));

  it.each([
    'evil.example.org',
    'localhost.evil.example.org',
    'evillocalhost',
    '127.0.0.1.evil.example.org',
    '127.0.0.256',
    '127.1',
    '0.0.0.0:8080',
    '10.0.0.1',
    '[::]',
    '[::2]',
    '',
  ])('is not asked as %j', (header) => expect(takes(open, header)).toBe(false));

  it.each([
    'tally.example.org:80',
    'a.example.net',
    'b.a.EXAMPLE.net.',
    '[2001:db8::1]',
    'localhost',
  ])('is asked as %s where the setting says so', (header) =>
    expect(takes(named, header)).toBe(true),
  );

  it.each(['example.org', 'a.tally.example.org', 'example.net', '.example.net', 'evilexample.net'])(
    'is not asked as %s, which the setting does not say',
    (header) => expect(takes(named, header)).toBe(false),
  );

  it('is asked as anything, or nothing, where the setting says so', () => {
    const any = AllowedHosts.of({ apiKey: '', allowedHosts: '*' });
    for (const header of ['evil.example.org', '']) expect(takes(any, header)).toBe(true);
  });
});

describe('a gateway with a key', () => {
  it('is asked under any name, until some are named', () => {
    const keyed = AllowedHosts.of({ apiKey: 'secret', allowedHosts: '' });
    expect(takes(keyed, 'gateway.tally.svc:8080')).toBe(true);
    const strict = AllowedHosts.of({ apiKey: 'secret', allowedHosts: 'tally.example.org' });
    expect(takes(strict, 'gateway:8080')).toBe(false);
    expect(takes(strict, 'tally.example.org')).toBe(true);
    expect(takes(strict, 'localhost:8080')).toBe(true);
  });
});
