import { describe, expect, it } from '@jest/globals';
import { Keys } from './keys.js';

describe('keys', () => {
  const keys = new Keys({ apiKey: 'secret', adminKey: 'master' });
  const open = new Keys({ apiKey: '', adminKey: '' });

  it('let in who has the key', () => {
    expect(() => keys.checkApi('Bearer secret')).not.toThrow();
    expect(() => keys.checkApi('bearer  secret')).not.toThrow();
    expect(() => keys.checkAdmin('Bearer master')).not.toThrow();
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'secret',
    'Basic secret',
    'Bearer secret2',
    'Bearer secre',
    'Bearer secret secret',
  ])('%j is no key', (authorization) => {
    const refused = expect.objectContaining({ code: 'unauthenticated' });
    expect(() => keys.checkApi(authorization)).toThrow(refused);
    expect(() => keys.checkAdmin(authorization)).toThrow(refused);
  });

  it('may be missing on a loopback address alone', () => {
    const none = { apiKey: '', adminKey: '' };
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
      expect(() => Keys.of({ ...none, host })).not.toThrow();
    for (const host of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '127.0.0.1.example.org',
      'localhost.example.org',
    ]) {
      expect(() => Keys.of({ ...none, host })).toThrow('TALLY_API_KEY: expected a key');
      expect(() => Keys.of({ ...none, apiKey: 'secret', host })).not.toThrow();
    }
  });

  it('tell the API key from the admin key', () => {
    const denied = expect.objectContaining({ code: 'permission_denied' });
    expect(() => keys.checkAdmin('Bearer secret')).toThrow(denied);
  });

  it('that are not set leave the API open and the administration closed', () => {
    expect(() => open.checkApi(undefined)).not.toThrow();
    expect(() => open.checkAdmin('Bearer ')).toThrow('TALLY_ADMIN_KEY');
    expect(() => open.checkAdmin(undefined)).toThrow('TALLY_ADMIN_KEY');
  });
});
