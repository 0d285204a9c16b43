import { describe, expect, it } from '@jest/globals';
import { formatCredentials, parseCredentials } from './credentials.js';
import { PlainExchange } from './plain-exchange.js';
import { ScramClient } from './scram-client.js';
import { ScramExchange } from './scram-exchange.js';
import { deriveScramKeys, type ScramKeys } from './scram-keys.js';

const say = async (exchange: ScramExchange | PlainExchange, text: string) => {
  const step = await exchange.next(Buffer.from(text));
  return step.kind === 'failed' ? step : { ...step, token: String(step.token) };
};

describe('SCRAM', () => {
  /** The example of RFC 7677, section 3. */
  const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const NONCE = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const FIRST = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
  const FINAL = `c=biws,r=${NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
  const exchange = (keys: ScramKeys, isKnown = true) =>
    new ScramExchange(
      'SCRAM-SHA-256',
      async () => ({ keys, isKnown }),
      () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    );
  const keysOf = (password: string) => deriveScramKeys('SCRAM-SHA-256', password, SALT, 4096);

  it('goes as in the example of its RFC', async () => {
    const scram = exchange(await keysOf('pencil'));
    expect(await say(scram, FIRST)).toEqual({
      kind: 'challenge',
      token: `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    });
    expect(await say(scram, FINAL)).toEqual({
      kind: 'authenticated',
      user: 'user',
      token: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    });
  });

  it.each<[string, string, string]>([
    ['of another password', 'pen', FINAL],
    ['without a proof', 'pencil', `c=biws,r=${NONCE},p=`],
    ['with half a proof', 'pencil', `c=biws,r=${NONCE},p=dHzbZapWIk4jUhN+Utc=`],
    ['with another nonce', 'pencil', FINAL.replace('k0,', 'k1,')],
    ['with a binding that was not announced', 'pencil', FINAL.replace('biws', 'eSws')],
    ['that is something else', 'pencil', 'hello'],
  ])('refuses a final message %s', async (_name, password, final) => {
    const scram = exchange(await keysOf(password));
    await say(scram, FIRST);
    expect(await say(scram, final)).toMatchObject({ kind: 'failed', user: 'user' });
  });

  it('tells somebody unknown only at the end, and even with the right proof', async () => {
    const scram = exchange(await keysOf('pencil'), false);
    expect(await say(scram, FIRST)).toMatchObject({ kind: 'challenge' });
    expect(await say(scram, FINAL)).toMatchObject({ kind: 'failed', reason: 'no such user' });
  });

  it.each([
    '',
    'n,,',
    'n=user,r=abc',
    'p=tls-unique,,n=user,r=abc',
    'n,a=admin,n=user,r=abc',
    FINAL,
  ])('does not begin with %j', async (first) => {
    expect(await say(exchange(await keysOf('pencil')), first)).toMatchObject({ kind: 'failed' });
  });
});

describe('the client of SCRAM', () => {
  const CHALLENGE =
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  const client = (password = 'pencil', username = 'user') =>
    new ScramClient('SCRAM-SHA-256', { username, password }, 'rOprNGfwEbeRWgbNEkqO');

  it('says what stands in the example of its RFC, and knows its server', async () => {
    const scram = client();
    expect(String(scram.first)).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    expect(String(await scram.prove(Buffer.from(CHALLENGE)))).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,' +
        'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    const isServer = (text: string) => scram.isServer(Buffer.from(text));
    expect(isServer('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toBe(true);
    expect(isServer('v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toBe(false);
    expect(isServer('e=other-error')).toBe(false);
  });

  it.each([
    ['another nonce', CHALLENGE.replace('rOpr', 'sOpr')],
    ['nothing of its own in the nonce', 'r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'],
    ['too few iterations', CHALLENGE.replace('4096', '1000')],
    ['too many', CHALLENGE.replace('4096', '2000000000')],
    ['none', CHALLENGE.replace(/,i=.*/, '')],
    ['something else', 'hello'],
  ])('proves nothing to a server that answers with %s', async (_name, challenge) => {
    await expect(client().prove(Buffer.from(challenge))).rejects.toThrow(/expected/);
  });

  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
    'logs in with %s to our server, with any name, and is nobody with another password',
    async (mechanism) => {
      const keys = await deriveScramKeys(mechanism, 'geheim', Buffer.from('salt'), 4096);
      const steps = async (password: string) => {
        const server = new ScramExchange(mechanism, async () => ({ keys, isKnown: true }));
        const scram = new ScramClient(mechanism, { username: 'a=b,c', password });
        const challenge = await server.next(scram.first);
        if (challenge.kind !== 'challenge') throw new Error('expected a challenge');
        const last = await server.next(await scram.prove(challenge.token));
        return { last, isServer: last.kind !== 'failed' && scram.isServer(last.token) };
      };
      expect(await steps('geheim')).toMatchObject({
        last: { kind: 'authenticated', user: 'a=b,c' },
        isServer: true,
      });
      expect(await steps('heimge')).toMatchObject({ last: { kind: 'failed' }, isServer: false });
    },
  );
});

describe('PLAIN', () => {
  const plain = () =>
    new PlainExchange(async (user, password) => user === 'user' && password === 'secret');

  it('takes the right password of a user and nothing else', async () => {
    expect(await say(plain(), '\0user\0secret')).toEqual({
      kind: 'authenticated',
      user: 'user',
      token: '',
    });
    expect(await say(plain(), 'user\0user\0secret')).toMatchObject({ kind: 'authenticated' });
    for (const token of [
      '\0user\0wrong',
      '\0user',
      '',
      'other\0user\0secret',
      '\0user\0secret\0',
    ]) {
      expect(await say(plain(), token)).toMatchObject({ kind: 'failed' });
    }
  });
});

describe('a file of users', () => {
  it('holds keys that fit the password, and no password', async () => {
    const text = `# who\n\n${await formatCredentials('reader', 'very secret')}`;
    expect(text).not.toContain('very');
    const users = parseCredentials(text);
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      const keys = users.get('reader')?.get(mechanism);
      if (keys === undefined) throw new Error(`no ${mechanism}`);
      const again = await deriveScramKeys(mechanism, 'very secret', keys.salt, keys.iterations);
      expect(again).toEqual(keys);
    }
  });

  it.each([
    ['a field is missing', 'u SCRAM-SHA-256 4096 c2FsdA=='],
    ['a mechanism is unknown', 'u PLAIN 4096 c2FsdA== a2V5 a2V5'],
    ['a key is too short', 'u SCRAM-SHA-256 4096 c2FsdA== a2V5 a2V5'],
    ['it holds a password', 'u secret'],
  ])('is refused where %s, and the line is named', (_name, line) => {
    expect(() => parseCredentials(`\n${line}\n`)).toThrow('line 2');
  });

  it('has few enough iterations to bear, and enough to matter', async () => {
    const line = (await formatCredentials('u', 'p')).split('\n')[0] ?? '';
    for (const iterations of ['1', '4095', '100000000', 'x']) {
      expect(() => parseCredentials(line.replace(/ 8192 /, ` ${iterations} `))).toThrow('line 1');
    }
  });
});
