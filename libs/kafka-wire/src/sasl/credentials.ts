import { randomBytes } from 'node:crypto';
import type { ScramMechanism } from './sasl-exchange.js';
import {
  deriveScramKeys,
  keyLengthOf,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  type ScramKeys,
} from './scram-keys.js';

const SCRAM_MECHANISMS: readonly ScramMechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
/** No white space, which separates fields. */
const USER = /^[^\s#\0]\S{0,254}$/;
const SALT_BYTES = 16;
/** Twice what is needed at least, and some milliseconds of a processor. */
const ITERATIONS = 2 * MIN_ITERATIONS;

/** Keys by user and mechanism. */
export type Credentials = ReadonlyMap<string, ReadonlyMap<ScramMechanism, ScramKeys>>;

/**
 * A file of users, without their passwords. A line per user and mechanism, fields separated by a space,
 * bytes in base64; empty lines and those that begin with # say nothing:
 *
 *   user mechanism iterations salt stored-key server-key
 *
 * Throws with the number of the first line that is something else.
 */
export function parseCredentials(text: string): Credentials {
  const users = new Map<string, Map<ScramMechanism, ScramKeys>>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const parsed = parseLine(line);
    if (parsed === undefined) throw new Error(`line ${index + 1} is no user`);
    const { user, mechanism, keys } = parsed;
    const known = users.get(user) ?? new Map<ScramMechanism, ScramKeys>();
    users.set(user, known.set(mechanism, keys));
  }
  return users;
}

function parseLine(line: string) {
  const [user = '', name, iterations, salt = '', stored = '', server = '', ...more] = line
    .trimEnd()
    .split(' ');
  const mechanism = SCRAM_MECHANISMS.find((known) => known === name);
  if (mechanism === undefined || !USER.test(user) || more.length > 0) return undefined;
  const keys: ScramKeys = {
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(stored, 'base64'),
    serverKey: Buffer.from(server, 'base64'),
  };
  const length = keyLengthOf(mechanism);
  const isPossible =
    Number.isInteger(keys.iterations) &&
    keys.iterations >= MIN_ITERATIONS &&
    keys.iterations <= MAX_ITERATIONS &&
    keys.salt.length > 0 &&
    keys.storedKey.length === length &&
    keys.serverKey.length === length;
  return isPossible ? { user, mechanism, keys } : undefined;
}

/** The lines of a user in such a file, one per mechanism. Throws where it cannot be the name of one. */
export async function formatCredentials(user: string, password: string): Promise<string> {
  if (!USER.test(user)) throw new Error(`expected a name without white space, got ${user}`);
  const lines = SCRAM_MECHANISMS.map(async (mechanism) => {
    const salt = randomBytes(SALT_BYTES);
    const keys = await deriveScramKeys(mechanism, password, salt, ITERATIONS);
    const bytes = [keys.salt, keys.storedKey, keys.serverKey].map((key) => key.toString('base64'));
    return `${[user, mechanism, keys.iterations, ...bytes].join(' ')}\n`;
  });
  return (await Promise.all(lines)).join('');
}

/** Iterations of users that there are not: those of a new user. */
export const USUAL_ITERATIONS = ITERATIONS;
