import {
  KAFKA_ERRORS,
  PlainExchange,
  ScramExchange,
  type SaslExchange,
  type SaslHandshakeRequest,
  type SaslHandshakeResponse,
  type SaslMechanism,
} from '@tally/kafka-wire';
import type { Logger } from '@tally/service-kit';
import type { AddressLimit } from '../server/address-limit.js';
import type { Users } from './users.js';

/**
 * - `stranger`: it has not said yet who it is.
 * - `known`: it is a user, and asks as that one.
 * - `expired`: it was a user; to ask on it has to authenticate again (KIP-368).
 * - `failed`: nothing is served any more.
 */
export type Standing = 'stranger' | 'known' | 'expired' | 'failed';

/** What the server says to a token. */
export interface TokenAnswer {
  readonly token: Buffer;
  /** How long the client is known then, in ms; 0: for ever, or not yet. */
  readonly sessionLifetimeMs: number;
}

/** Who is at the other end of one connection, and how it comes to be known. */
export interface Authentication {
  readonly standing: Standing;
  /** Who it is, or was; undefined for a stranger, and where nobody has to say it. */
  readonly user: string | undefined;
  /** The next frame is a token without a header, as after the first version of the handshake. */
  readonly takesBareToken: boolean;
  handshake(request: SaslHandshakeRequest): SaslHandshakeResponse;
  /** undefined: it has failed. */
  authenticate(token: Buffer): Promise<TokenAnswer | undefined>;
}

/** Without SASL everybody may do everything. */
export const OPEN: Authentication = {
  standing: 'known',
  user: undefined,
  takesBareToken: false,
  handshake: () => ({ errorCode: KAFKA_ERRORS.ILLEGAL_SASL_STATE, mechanisms: [] }),
  authenticate: () => Promise.resolve(undefined),
};

export interface SaslParts {
  readonly mechanisms: readonly SaslMechanism[];
  readonly users: Users;
  readonly limit: AddressLimit;
  readonly logger: Logger;
  readonly onFailure: () => void;
  /** How long a login holds, in ms; 0: for ever. */
  readonly sessionMs: number;
  /** A clock that nobody sets, in ms. */
  readonly nowMs: () => number;
}

interface Session {
  readonly user: string;
  readonly endsAtMs: number;
}

/**
 * - `new`: it has to choose a mechanism.
 * - `proving`: tokens go to and fro; until they end, a session of before goes on to its own end.
 * - `known`, `failed`: it has shown who it is, or has not.
 */
type Phase =
  | { readonly kind: 'new' }
  | {
      readonly kind: 'proving';
      readonly exchange: SaslExchange;
      readonly hasFramedTokens: boolean;
      readonly before: Session | undefined;
    }
  | { readonly kind: 'known'; readonly session: Session }
  | { readonly kind: 'failed' };

/**
 * One attempt per connection: who fails connects again, and not too often. Who is known may authenticate
 * again, as the same user.
 */
export class SaslAuthentication implements Authentication {
  private phase: Phase = { kind: 'new' };

  constructor(
    private readonly parts: SaslParts,
    private readonly clientHost: string,
  ) {}

  get standing(): Standing {
    if (this.phase.kind === 'failed') return 'failed';
    const { session } = this;
    if (session === undefined) return 'stranger';
    return this.parts.nowMs() < session.endsAtMs ? 'known' : 'expired';
  }

  get user(): string | undefined {
    return this.session?.user;
  }

  get takesBareToken(): boolean {
    return this.phase.kind === 'proving' && !this.phase.hasFramedTokens;
  }

  handshake({ mechanism: name, hasFramedTokens }: SaslHandshakeRequest): SaslHandshakeResponse {
    const { mechanisms } = this.parts;
    if (this.phase.kind === 'proving' || this.phase.kind === 'failed') {
      this.fail('', 'a second handshake');
      return { errorCode: KAFKA_ERRORS.ILLEGAL_SASL_STATE, mechanisms };
    }
    const mechanism = mechanisms.find((known) => known === name);
    if (mechanism === undefined) {
      this.fail('', `the mechanism ${name.slice(0, 100)} is not served`);
      return { errorCode: KAFKA_ERRORS.UNSUPPORTED_SASL_MECHANISM, mechanisms };
    }
    const exchange = this.exchangeOf(mechanism);
    this.phase = { kind: 'proving', exchange, hasFramedTokens, before: this.session };
    return { errorCode: KAFKA_ERRORS.NONE, mechanisms };
  }

  async authenticate(token: Buffer): Promise<TokenAnswer | undefined> {
    const { phase } = this;
    if (phase.kind !== 'proving') return this.fail('', 'a token without a handshake');
    const { exchange, before } = phase;
    // Before anything is computed for it. Who is known already does not pay for its neighbours.
    if (before === undefined && this.parts.limit.isReached(this.clientHost)) {
      return this.fail('', 'too many failures from this address');
    }
    const step = await exchange.next(token);
    switch (step.kind) {
      case 'failed':
        return this.fail(step.user, step.reason);
      case 'challenge':
        return { token: step.token, sessionLifetimeMs: 0 };
      case 'authenticated': {
        const { user, token: last } = step;
        if (before !== undefined && before.user !== user) {
          return this.fail(user, `this connection is one of ${before.user.slice(0, 100)}`);
        }
        const { sessionMs, nowMs } = this.parts;
        const endsAtMs = sessionMs === 0 ? Infinity : nowMs() + sessionMs;
        this.phase = { kind: 'known', session: { user, endsAtMs } };
        return { token: last, sessionLifetimeMs: sessionMs };
      }
    }
  }

  private get session(): Session | undefined {
    switch (this.phase.kind) {
      case 'known':
        return this.phase.session;
      case 'proving':
        return this.phase.before;
      case 'new':
      case 'failed':
        return undefined;
    }
  }

  private exchangeOf(mechanism: SaslMechanism): SaslExchange {
    const { users } = this.parts;
    if (mechanism === 'PLAIN') {
      return new PlainExchange((user, password) => users.hasPassword(user, password));
    }
    return new ScramExchange(mechanism, (user) => users.keysOf(mechanism, user));
  }

  /** Told to the operator; the client learns only that it failed. Past the limit it is not even told. */
  private fail(user: string, reason: string): undefined {
    const { limit, logger, onFailure } = this.parts;
    this.phase = { kind: 'failed' };
    onFailure();
    if (limit.isReached(this.clientHost)) return;
    limit.add(this.clientHost);
    const who = user.slice(0, 100);
    logger.warn({ client: this.clientHost, user: who, reason }, 'a client failed to log in');
  }
}
