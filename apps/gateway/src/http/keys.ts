import { createHash, timingSafeEqual } from 'node:crypto';
import { TallyError } from '@tally/contracts';

/** Who may do what, by the key in `Authorization: Bearer <key>` (RFC 6750). */
export class Keys {
  /** An Error for a gateway that others reach and that has no key: it would be open to them. */
  static of(config: {
    readonly host: string;
    readonly apiKey: string;
    readonly adminKey: string;
  }): Keys {
    if (config.apiKey === '' && !isLoopback(config.host))
      throw new Error(
        `TALLY_API_KEY: expected a key, as TALLY_HOST ${config.host} is not a loopback address`,
      );
    return new Keys(config);
  }

  private readonly api: Buffer | undefined;
  private readonly admin: Buffer | undefined;

  /** Empty keys are none: without `apiKey` everybody may use the API, without `adminKey` nobody may administer. */
  constructor(keys: { readonly apiKey: string; readonly adminKey: string }) {
    this.api = digestOf(keys.apiKey);
    this.admin = digestOf(keys.adminKey);
  }

  /** TallyError `unauthenticated`. */
  checkApi(authorization: string | undefined): void {
    if (this.api !== undefined && !isKey(this.api, authorization))
      throw new TallyError(
        'unauthenticated',
        'expected `Authorization: Bearer <key>` with the API key',
      );
  }

  /** TallyError `unauthenticated` or `permission_denied`. */
  checkAdmin(authorization: string | undefined): void {
    if (this.admin === undefined)
      throw new TallyError(
        'permission_denied',
        'nobody may administer: the gateway has no admin key (setting TALLY_ADMIN_KEY)',
      );
    if (isKey(this.admin, authorization)) return;
    if (this.api !== undefined && isKey(this.api, authorization))
      throw new TallyError('permission_denied', 'expected the admin key, got the API key');
    throw new TallyError(
      'unauthenticated',
      'expected `Authorization: Bearer <key>` with the admin key',
    );
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Digests are of one length, so that comparing them takes the same time for every key. */
function digestOf(key: string): Buffer | undefined {
  return key === '' ? undefined : createHash('sha256').update(key).digest();
}

function isKey(digest: Buffer, authorization: string | undefined): boolean {
  const [, key = ''] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  const given = digestOf(key);
  return given !== undefined && timingSafeEqual(digest, given);
}
