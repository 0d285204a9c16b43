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

/** Whether one connection may ask for something, and how it comes to that. */
export interface Authentication {
  /** Everything is served. */
  readonly isDone: boolean;
  /** Nothing is served any more. */
  readonly hasFailed: boolean;
  /** The next frame is a token without a header, as after the first version of the handshake. */
  readonly takesBareToken: boolean;
  handshake(request: SaslHandshakeRequest): SaslHandshakeResponse;
  /** undefined: it has failed. */
  authenticate(token: Buffer): Promise<Buffer | undefined>;
}

/** Without SASL everybody may do everything. */
export const OPEN: Authentication = {
  isDone: true,
  hasFailed: false,
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
}

/** One attempt per connection: who fails connects again, and not too often. */
export class SaslAuthentication implements Authentication {
  private state: 'new' | 'chosen' | 'done' | 'failed' = 'new';
  private exchange: SaslExchange | undefined;
  private hasFramedTokens = true;

  constructor(
    private readonly parts: SaslParts,
    private readonly clientHost: string,
  ) {}

  get isDone(): boolean {
    return this.state === 'done';
  }

  get hasFailed(): boolean {
    return this.state === 'failed';
  }

  get takesBareToken(): boolean {
    return this.state === 'chosen' && !this.hasFramedTokens;
  }

  handshake({ mechanism: name, hasFramedTokens }: SaslHandshakeRequest): SaslHandshakeResponse {
    const { mechanisms } = this.parts;
    if (this.state !== 'new') {
      this.fail('', 'a second handshake');
      return { errorCode: KAFKA_ERRORS.ILLEGAL_SASL_STATE, mechanisms };
    }
    const mechanism = mechanisms.find((known) => known === name);
    if (mechanism === undefined) {
      this.fail('', `the mechanism ${name.slice(0, 100)} is not served`);
      return { errorCode: KAFKA_ERRORS.UNSUPPORTED_SASL_MECHANISM, mechanisms };
    }
    this.exchange = this.exchangeOf(mechanism);
    this.hasFramedTokens = hasFramedTokens;
    this.state = 'chosen';
    return { errorCode: KAFKA_ERRORS.NONE, mechanisms };
  }

  async authenticate(token: Buffer): Promise<Buffer | undefined> {
    if (this.exchange === undefined || this.state !== 'chosen') {
      return this.fail('', 'a token without a handshake');
    }
    // Before anything is computed for it.
    if (this.parts.limit.isReached(this.clientHost)) {
      return this.fail('', 'too many failures from this address');
    }
    const step = await this.exchange.next(token);
    if (step.kind === 'failed') return this.fail(step.user, step.reason);
    if (step.kind === 'authenticated') this.state = 'done';
    return step.token;
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
    this.state = 'failed';
    onFailure();
    if (limit.isReached(this.clientHost)) return;
    limit.add(this.clientHost);
    const who = user.slice(0, 100);
    logger.warn({ client: this.clientHost, user: who, reason }, 'a client failed to log in');
  }
}
