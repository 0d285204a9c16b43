import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { formatCredentials, KAFKA_ERRORS } from '@tally/kafka-wire';
import { createLogger } from '@tally/service-kit';
import { AddressLimit } from '../server/address-limit.js';
import { SaslAuthentication, type SaslParts } from './authentication.js';
import { Users } from './users.js';

const SESSION_MS = 1000;
const dir = mkdtempSync(join(tmpdir(), 'tally-authentication-'));
const file = join(dir, 'users');
const logger = createLogger('test', { instance: 'i', logLevel: 'error' });
logger.level = 'silent';
let nowMs: number;
let failures: number;
let parts: SaslParts;

beforeEach(async () => {
  nowMs = 0;
  failures = 0;
  const both = [await formatCredentials('ann', 'a'), await formatCredentials('bob', 'b')];
  writeFileSync(file, both.join(''));
  const clock = () => nowMs;
  parts = {
    mechanisms: ['PLAIN'],
    users: await Users.open(file, logger),
    limit: new AddressLimit(3, clock),
    logger,
    onFailure: () => void failures++,
    sessionMs: SESSION_MS,
    nowMs: clock,
  };
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A connection from the one address that there is. */
const connection = (changes: Partial<SaslParts> = {}) =>
  new SaslAuthentication({ ...parts, ...changes }, 'here');

async function logIn(as: SaslAuthentication, user: string, password: string) {
  as.handshake({ mechanism: 'PLAIN', hasFramedTokens: true });
  return as.authenticate(Buffer.from(`\0${user}\0${password}`));
}

describe('the session of a user', () => {
  it('has a length that the client is told, and begins again when it authenticates again', async () => {
    const ann = connection();
    expect([ann.standing, ann.user]).toEqual(['stranger', undefined]);
    expect(await logIn(ann, 'ann', 'a')).toMatchObject({ sessionLifetimeMs: SESSION_MS });
    nowMs = SESSION_MS - 1;
    expect([ann.standing, ann.user]).toEqual(['known', 'ann']);
    await logIn(ann, 'ann', 'a');
    nowMs = 2 * SESSION_MS - 2;
    expect(ann.standing).toBe('known');
    nowMs = 2 * SESSION_MS - 1;
    expect([ann.standing, ann.user]).toEqual(['expired', 'ann']);
    await logIn(ann, 'ann', 'a');
    expect([ann.standing, failures]).toEqual(['known', 0]);
  });

  it('goes on while its user authenticates again, and not past its end', async () => {
    const ann = connection();
    await logIn(ann, 'ann', 'a');
    ann.handshake({ mechanism: 'PLAIN', hasFramedTokens: true });
    expect(ann.standing).toBe('known');
    nowMs = SESSION_MS;
    expect(ann.standing).toBe('expired');
  });

  it('is not taken over by another user, also not after its end', async () => {
    for (const atMs of [0, SESSION_MS]) {
      nowMs = 0;
      const ann = connection();
      await logIn(ann, 'ann', 'a');
      nowMs = atMs;
      expect(await logIn(ann, 'bob', 'b')).toBeUndefined();
      expect([ann.standing, ann.user]).toEqual(['failed', undefined]);
    }
    expect(failures).toBe(2);
  });

  it('does not begin again for a user that was removed', async () => {
    const ann = connection();
    await logIn(ann, 'ann', 'a');
    writeFileSync(file, await formatCredentials('bob', 'b'));
    expect(await logIn(ann, 'ann', 'a')).toBeUndefined();
    expect(ann.standing).toBe('failed');
  });

  it('does not suffer from others at the same address who try passwords', async () => {
    const ann = connection();
    await logIn(ann, 'ann', 'a');
    for (let attempt = 0; attempt < 3; attempt++) {
      await logIn(connection(), 'ann', 'guess');
    }
    expect(await logIn(connection(), 'bob', 'b')).toBeUndefined();
    expect(await logIn(ann, 'ann', 'a')).toBeDefined();
  });

  it('does not end where none has a length', async () => {
    const ann = connection({ sessionMs: 0 });
    expect(await logIn(ann, 'ann', 'a')).toMatchObject({ sessionLifetimeMs: 0 });
    nowMs = 2 ** 50;
    expect(ann.standing).toBe('known');
  });
});

it('a handshake in the middle of another ends the connection', () => {
  const ann = connection();
  ann.handshake({ mechanism: 'PLAIN', hasFramedTokens: true });
  const again = ann.handshake({ mechanism: 'PLAIN', hasFramedTokens: true });
  expect(again.errorCode).toBe(KAFKA_ERRORS.ILLEGAL_SASL_STATE);
  expect(ann.standing).toBe('failed');
});
