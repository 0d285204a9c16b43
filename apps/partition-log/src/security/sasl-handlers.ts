import { KAFKA_ERRORS } from '@tally/kafka-wire';
import type { Handler } from '../server/request-router.js';

export const saslHandshakeHandler: Handler<'saslHandshake'> = (request, { authentication }) =>
  authentication.handshake(request);

export const saslAuthenticateHandler: Handler<'saslAuthenticate'> = async (
  { token },
  { authentication },
) => {
  const answer = await authentication.authenticate(token);
  return answer === undefined
    ? {
        errorCode: KAFKA_ERRORS.SASL_AUTHENTICATION_FAILED,
        errorMessage: 'authentication failed',
        token: Buffer.alloc(0),
        sessionLifetimeMs: 0n,
      }
    : {
        errorCode: KAFKA_ERRORS.NONE,
        errorMessage: null,
        token: answer.token,
        sessionLifetimeMs: BigInt(answer.sessionLifetimeMs),
      };
};
