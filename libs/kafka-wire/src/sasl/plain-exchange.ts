import type { SaslExchange, SaslStep } from './sasl-exchange.js';

/** Whether a user has this password. */
export type CheckPassword = (user: string, password: string) => Promise<boolean>;

/** The server's side of PLAIN (RFC 4616): user and password in one token, so for TLS only. */
export class PlainExchange implements SaslExchange {
  constructor(private readonly check: CheckPassword) {}

  async next(token: Buffer): Promise<SaslStep> {
    const [actsFor, user, password, ...more] = token.toString('utf8').split('\0');
    const isWhole = user !== undefined && password !== undefined && more.length === 0;
    if (!isWhole || user === '') return { kind: 'failed', user: '', reason: 'not the one message' };
    if (actsFor !== '' && actsFor !== user) {
      return { kind: 'failed', user, reason: 'acting for another user is not served' };
    }
    return (await this.check(user, password))
      ? { kind: 'authenticated', token: Buffer.alloc(0), user }
      : { kind: 'failed', user, reason: 'wrong password, or no such user' };
  }
}
