import {
  KAFKA_ERRORS,
  nameOfKafkaError,
  saslAuthenticate,
  saslHandshake,
  ScramClient,
  type SaslMechanism,
  type SpokenApi,
} from '@tally/kafka-wire';
import type { SaslConfig } from '../kafka.js';
import { LogRefusal } from './log-refusal.js';

/** Somebody who can be asked, in the last version that both know. */
export interface Asked {
  ask<Request, Response>(api: SpokenApi<Request, Response>, request: Request): Promise<Response>;
}

/**
 * Says who we are; resolves with how long that holds, in ms (KIP-368; 0: as long as the connection).
 * Throws where the log does not believe it, or does not show that it knows the password itself.
 */
export async function logIn(broker: Asked, sasl: SaslConfig): Promise<number> {
  const mechanism = sasl.mechanism.toUpperCase() as SaslMechanism;
  const offered = await broker.ask(saslHandshake, { mechanism, hasFramedTokens: true });
  if (offered.errorCode !== KAFKA_ERRORS.NONE)
    throw new LogRefusal(`the log offers ${offered.mechanisms.join(', ')}, not ${mechanism}`);
  const say = async (token: Buffer) => {
    const answer = await broker.ask(saslAuthenticate, { token });
    if (answer.errorCode === KAFKA_ERRORS.NONE) return answer;
    throw new LogRefusal(answer.errorMessage ?? nameOfKafkaError(answer.errorCode));
  };
  if (mechanism === 'PLAIN') {
    const answer = await say(Buffer.from(`\0${sasl.username}\0${sasl.password}`));
    return Number(answer.sessionLifetimeMs);
  }
  const scram = new ScramClient(mechanism, sasl);
  const challenge = await say(scram.first);
  const answer = await say(await scram.prove(challenge.token));
  if (!scram.isServer(answer.token))
    throw new LogRefusal('the log does not know the password itself');
  return Number(answer.sessionLifetimeMs);
}
