import { randomBytes } from 'node:crypto';
import type { ScramMechanism } from './sasl-exchange.js';
import {
  hash,
  hmac,
  isSame,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  saltPassword,
  xor,
} from './scram-keys.js';

/** Who logs in. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * The client's side of SCRAM (RFC 5802), without channel binding; see ScramExchange for what is said.
 * Both sides show that they know the password: `isServer` says whether the server did.
 */
export class ScramClient {
  /** The first message. */
  readonly first: Buffer;
  private readonly bare: string;
  private signature: Buffer | undefined;

  constructor(
    private readonly mechanism: ScramMechanism,
    private readonly login: Login,
    private readonly nonce = randomBytes(18).toString('base64'),
  ) {
    this.bare = `n=${escape(login.username)},r=${nonce}`;
    this.first = Buffer.from(`n,,${this.bare}`);
  }

  /**
   * The final message. Throws where the challenge does not belong to the first one, or asks for so few
   * rounds that the proof gives the password away, or for so many that they cost seconds.
   */
  async prove(challenge: Buffer): Promise<Buffer> {
    const { mechanism, nonce } = this;
    const said = challenge.toString();
    const [, both = '', salt = '', rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(said) ?? [];
    const iterations = Number(rounds);
    if (!both.startsWith(nonce) || both.length === nonce.length)
      throw new Error('expected a challenge with the nonce that was sent, and more');
    if (!(iterations >= MIN_ITERATIONS && iterations <= MAX_ITERATIONS))
      throw new Error(
        `expected ${MIN_ITERATIONS} to ${MAX_ITERATIONS} iterations of SCRAM, got ${rounds}`,
      );
    const bytes = Buffer.from(salt, 'base64');
    const salted = await saltPassword(mechanism, this.login.password, bytes, iterations);
    const final = `c=biws,r=${both}`;
    const all = `${this.bare},${said},${final}`;
    const clientKey = hmac(mechanism, salted, 'Client Key');
    const proof = xor(clientKey, hmac(mechanism, hash(mechanism, clientKey), all));
    this.signature = hmac(mechanism, hmac(mechanism, salted, 'Server Key'), all);
    return Buffer.from(`${final},p=${proof.toString('base64')}`);
  }

  /** Whether the answer to the final message is of one who knows the password too. */
  isServer(answer: Buffer): boolean {
    const [, signature = ''] = /^v=([^,]+)/.exec(answer.toString()) ?? [];
    return this.signature !== undefined && isSame(Buffer.from(signature, 'base64'), this.signature);
  }
}

/** Names are sent without their commas and equals signs. */
function escape(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}
