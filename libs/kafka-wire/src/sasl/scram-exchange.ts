import { randomBytes } from 'node:crypto';
import type { SaslExchange, SaslStep, ScramMechanism } from './sasl-exchange.js';
import { hash, hmac, isSame, xor, type ScramKeys } from './scram-keys.js';

/** Of the server's part of the nonce. */
const NONCE_BYTES = 18;

/** The keys of a user; made up where there is no such user, so that asking does not tell. */
export type ScramKeysOf = (
  user: string,
) => Promise<{ readonly keys: ScramKeys; readonly isKnown: boolean }>;

/**
 * The server's side of SCRAM (RFC 5802), without channel binding. The client never sends its password:
 *
 *   client  n,,n=user,r=nonce
 *   server  r=nonce+more,s=salt,i=iterations
 *   client  c=biws,r=nonce+more,p=proof     the proof needs the password
 *   server  v=signature                     which needs the server's key: the client knows it too
 */
export class ScramExchange implements SaslExchange {
  private started: Started | undefined;

  constructor(
    private readonly mechanism: ScramMechanism,
    private readonly keysOf: ScramKeysOf,
    private readonly nonce: () => string = () => randomBytes(NONCE_BYTES).toString('base64'),
  ) {}

  async next(token: Buffer): Promise<SaslStep> {
    const message = token.toString('utf8');
    return this.started === undefined ? this.start(message) : this.finish(this.started, message);
  }

  private async start(message: string): Promise<SaslStep> {
    // gs2 header: no channel binding, no other user to act for.
    const [, header, bare, name, clientNonce] =
      /^([ny],,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(message) ?? [];
    if (header === undefined || bare === undefined) return failed('', 'not the first message');
    const user = unescape(name ?? '');
    const { keys, isKnown } = await this.keysOf(user);
    const nonce = `${clientNonce}${this.nonce()}`;
    // librdkafka before 2.6.1 puts its own part before it once more. The part of the server, which makes
    // each exchange another one, is in both.
    const echoes = [nonce, `${clientNonce}${nonce}`];
    const challenge = `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`;
    this.started = { user, keys, isKnown, header, echoes, said: `${bare},${challenge}` };
    return { kind: 'challenge', token: Buffer.from(challenge) };
  }

  private finish(started: Started, message: string): SaslStep {
    const { user, keys, isKnown, header, echoes, said } = started;
    const [, final = '', binding, echoed = '', proof = ''] =
      /^(c=([^,]*),r=([^,]*)(?:,[^,]+)*),p=([^,]*)$/s.exec(message) ?? [];
    if (binding !== Buffer.from(header).toString('base64') || !echoes.includes(echoed)) {
      return failed(user, 'the final message does not belong to the first');
    }
    const { mechanism } = this;
    const all = `${said},${final}`;
    const clientKey = xor(Buffer.from(proof, 'base64'), hmac(mechanism, keys.storedKey, all));
    if (!isSame(hash(mechanism, clientKey), keys.storedKey) || !isKnown) {
      return failed(user, isKnown ? 'wrong password' : 'no such user');
    }
    const signature = hmac(mechanism, keys.serverKey, all).toString('base64');
    return { kind: 'authenticated', token: Buffer.from(`v=${signature}`), user };
  }
}

interface Started {
  readonly user: string;
  readonly keys: ScramKeys;
  readonly isKnown: boolean;
  readonly header: string;
  /** The nonce, in the forms in which clients send it back. */
  readonly echoes: readonly string[];
  /** Both messages before the final one, as the proof covers them. */
  readonly said: string;
}

function failed(user: string, reason: string): SaslStep {
  return { kind: 'failed', user, reason };
}

/** Names are sent without their commas and equals signs. */
function unescape(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
