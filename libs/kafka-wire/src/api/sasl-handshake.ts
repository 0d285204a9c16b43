import type { SpokenApi } from './api.js';

/** By which mechanism a client wants to log in. */
export interface SaslHandshakeRequest {
  readonly mechanism: string;
  /** Whether the tokens that follow come as requests (from version 1 on) or as frames without a header. */
  readonly hasFramedTokens: boolean;
}

/** Whether it may. */
export interface SaslHandshakeResponse {
  readonly errorCode: number;
  /** Those that the server speaks. */
  readonly mechanisms: readonly string[];
}

/** Begins a login. */
export const saslHandshake: SpokenApi<SaslHandshakeRequest, SaslHandshakeResponse> = {
  key: 17,
  name: 'SaslHandshake',
  min: 0,
  max: 1,
  readRequest: (reader, version) => ({ mechanism: reader.string(), hasFramedTokens: version >= 1 }),
  writeResponse(writer, { errorCode, mechanisms }) {
    writer.int16(errorCode).array(mechanisms, (mechanism) => writer.string(mechanism));
  },
  writeRequest: (writer, { mechanism }) => writer.string(mechanism),
  readResponse: (reader) => ({
    errorCode: reader.int16(),
    mechanisms: reader.array(() => reader.string()),
  }),
};
