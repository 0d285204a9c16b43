import { createHash, pbkdf2Sync } from 'node:crypto';
import {
  hmac,
  KAFKA_ERRORS,
  saslAuthenticate,
  saslHandshake,
  type SaslAuthenticateResponse,
} from '@tally/kafka-wire';
import type { KafkaConnection } from '@tally/testing/kafka-connection';

const MECHANISM = 'SCRAM-SHA-256';
const KEY_BYTES = 32;

/** The client's side of SCRAM on a connection; the last answer of the log, whatever it says. */
export async function scramLogin(
  connection: KafkaConnection,
  user: string,
  password: string,
): Promise<SaslAuthenticateResponse> {
  await connection.ask(saslHandshake, { mechanism: MECHANISM, hasFramedTokens: true });
  const bare = `n=${user},r=abcdef`;
  const first = await connection.ask(saslAuthenticate, { token: Buffer.from(`n,,${bare}`) });
  if (first.errorCode !== KAFKA_ERRORS.NONE) return first;
  const challenge = String(first.token);
  const [, nonce = '', salt = '', iterations] =
    /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? [];
  const final = `c=biws,r=${nonce}`;
  const bytes = Buffer.from(salt, 'base64');
  const salted = pbkdf2Sync(password, bytes, Number(iterations), KEY_BYTES, 'sha256');
  const proof = proofOf(salted, `${bare},${challenge},${final}`).toString('base64');
  return connection.ask(saslAuthenticate, { token: Buffer.from(`${final},p=${proof}`) });
}

/** Shows that its sender has the key of which the log keeps the hash. */
function proofOf(salted: Buffer, said: string): Buffer {
  const clientKey = hmac(MECHANISM, salted, 'Client Key');
  const storedKey = createHash('sha256').update(clientKey).digest();
  const signature = hmac(MECHANISM, storedKey, said);
  return Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
}
