import type { SpokenApi } from './api.js';

/** The next message of the client in the exchange of its mechanism. */
export interface SaslAuthenticateRequest {
  /** What the mechanism wants to be told. */
  readonly token: Buffer;
}

/** The next message of the server, or why it does not believe the client. */
export interface SaslAuthenticateResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly token: Buffer;
  /** When the client has to authenticate again at the latest, in ms from now; 0: never (KIP-368). Told from version 1 on. */
  readonly sessionLifetimeMs: bigint;
}

/** One step of a login. */
export const saslAuthenticate: SpokenApi<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  key: 36,
  name: 'SaslAuthenticate',
  min: 0,
  max: 1,
  readRequest: (reader) => ({ token: reader.bytes() }),
  writeResponse(writer, { errorCode, errorMessage, token, sessionLifetimeMs }, version) {
    writer.int16(errorCode).nullableString(errorMessage).bytes(token);
    if (version >= 1) writer.int64(sessionLifetimeMs);
  },
  writeRequest: (writer, { token }) => writer.bytes(token),
  readResponse(reader, version) {
    const errorCode = reader.int16();
    const errorMessage = reader.nullableString();
    const token = reader.bytes();
    const sessionLifetimeMs = version >= 1 ? reader.int64() : 0n;
    return { errorCode, errorMessage, token, sessionLifetimeMs };
  },
};
