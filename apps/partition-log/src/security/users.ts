import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import {
  deriveScramKeys,
  hmac,
  isSame,
  keyLengthOf,
  parseCredentials,
  USUAL_ITERATIONS,
  type Credentials,
  type ScramKeys,
  type ScramMechanism,
} from '@tally/kafka-wire';
import type { Logger } from '@tally/service-kit';

/** Bytes of salt that are made up for users that there are not. */
const SALT_BYTES = 16;

/** The users in a file. It is looked at with every login, so that a change of it needs no restart. */
export class Users {
  /** Salts of users that there are not: the same one each time that somebody asks. */
  private readonly secret = randomBytes(32);
  private credentials: Credentials = new Map();
  private version = '';

  private constructor(
    private readonly path: string,
    private readonly logger: Logger,
  ) {}

  /** Throws where the file cannot be read, or is none of users. */
  static async open(path: string, logger: Logger): Promise<Users> {
    const users = new Users(path, logger);
    await users.load();
    return users;
  }

  /** `isKnown` false: the keys are made up, and look as if they were not. */
  async keysOf(mechanism: ScramMechanism, user: string) {
    await this.refresh();
    const known = this.credentials.get(user)?.get(mechanism);
    return { keys: known ?? this.madeUp(mechanism, user), isKnown: known !== undefined };
  }

  async hasPassword(user: string, password: string): Promise<boolean> {
    const mechanism = 'SCRAM-SHA-256';
    const { keys, isKnown } = await this.keysOf(mechanism, user);
    const derived = await deriveScramKeys(mechanism, password, keys.salt, keys.iterations);
    return isSame(derived.storedKey, keys.storedKey) && isKnown;
  }

  /** A file that is broken changes nothing: who was a user stays one. */
  private async refresh(): Promise<void> {
    try {
      await this.load();
    } catch (error) {
      this.logger.error({ error, file: this.path }, 'the file of users cannot be used');
    }
  }

  private async load(): Promise<void> {
    const { mtimeMs, size, ino } = await stat(this.path);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (version === this.version) return;
    this.credentials = parseCredentials(await readFile(this.path, 'utf8'));
    this.version = version;
  }

  private madeUp(mechanism: ScramMechanism, user: string): ScramKeys {
    const salt = hmac(mechanism, this.secret, user).subarray(0, SALT_BYTES);
    const nothing = Buffer.alloc(keyLengthOf(mechanism));
    return { iterations: USUAL_ITERATIONS, salt, storedKey: nothing, serverKey: nothing };
  }
}
