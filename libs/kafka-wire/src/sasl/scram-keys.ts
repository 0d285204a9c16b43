import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramMechanism } from './sasl-exchange.js';

/** What a server knows of a password (RFC 5802, section 3): enough to check it, not to use it. */
export interface ScramKeys {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** Fewer can be guessed too fast; RFC 7677 wants 4096 at least. */
export const MIN_ITERATIONS = 4096;
/** More would let one login cost a second of a processor. */
export const MAX_ITERATIONS = 1_000_000;

const derive = promisify(pbkdf2);

/** The hash function of a mechanism. */
export function digestOf(mechanism: ScramMechanism): 'sha256' | 'sha512' {
  return mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
}

/** Bytes of its hash. */
export function keyLengthOf(mechanism: ScramMechanism): number {
  return mechanism === 'SCRAM-SHA-256' ? 32 : 64;
}

/** What a server keeps of a password. */
export async function deriveScramKeys(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramKeys> {
  const salted = await saltPassword(mechanism, password, salt, iterations);
  const storedKey = hash(mechanism, hmac(mechanism, salted, 'Client Key'));
  return { iterations, salt, storedKey, serverKey: hmac(mechanism, salted, 'Server Key') };
}

/** The salted password, of which all keys are made. Costs time on purpose, on another thread. */
export function saltPassword(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<Buffer> {
  return derive(password, salt, iterations, keyLengthOf(mechanism), digestOf(mechanism));
}

/** HMAC with the hash function of a mechanism. */
export function hmac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return createHmac(digestOf(mechanism), key).update(text).digest();
}

/** The hash function of a mechanism. */
export function hash(mechanism: ScramMechanism, bytes: Buffer): Buffer {
  return createHash(digestOf(mechanism)).update(bytes).digest();
}

/** Without telling by the time that it takes where they differ. */
export function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Of the shorter length: a proof that is too short proves nothing. */
export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.subarray(0, b.length).map((byte, index) => byte ^ (b[index] ?? 0)));
}
