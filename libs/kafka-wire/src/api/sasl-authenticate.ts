import type { Api } from './api.js';

export interface SaslAuthenticateRequest {
  /** What the mechanism wants to be told. */
  readonly token: Buffer;
}

export interface SaslAuthenticateResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly token: Buffer;
}

/** Sessions do not end: nobody has to authenticate again (KIP-368). */
const NO_SESSION_LIFETIME = 0n;

export const saslAuthenticate: Api<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  key: 36,
  name: 'SaslAuthenticate',
  min: 0,
  max: 1,
  read: (reader) => ({ token: reader.bytes() }),
  write(writer, { errorCode, errorMessage, token }, version) {
    writer.int16(errorCode).nullableString(errorMessage).bytes(token);
    if (version >= 1) writer.int64(NO_SESSION_LIFETIME);
  },
};
