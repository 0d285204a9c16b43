import { API_VERSIONS_KEY, NO_THROTTLE, type SpokenApi } from './api.js';

/** What software a client is; nothing depends on it. */
export interface ApiVersionsRequest {
  /** '' before version 3. */
  readonly softwareName: string;
  readonly softwareVersion: string;
}

/** Every API that is served, with its first and last version. */
export interface ApiVersionsResponse {
  readonly errorCode: number;
  readonly apis: readonly {
    readonly key: number;
    readonly min: number;
    readonly max: number;
  }[];
}

/** 3 is flexible in its body; its response header stays v0 (KIP-511). */
export const apiVersions: SpokenApi<ApiVersionsRequest, ApiVersionsResponse> = {
  key: API_VERSIONS_KEY,
  name: 'ApiVersions',
  min: 0,
  max: 3,
  readRequest(reader, version) {
    if (version < 3) return { softwareName: '', softwareVersion: '' };
    const softwareName = reader.compactString();
    const softwareVersion = reader.compactString();
    reader.skipTags();
    return { softwareName, softwareVersion };
  },
  writeResponse(writer, { errorCode, apis }, version) {
    const flexible = version >= 3;
    writer.int16(errorCode);
    if (flexible) writer.unsignedVarint(apis.length + 1);
    else writer.int32(apis.length);
    for (const { key, min, max } of apis) {
      writer.int16(key).int16(min).int16(max);
      if (flexible) writer.unsignedVarint(0);
    }
    if (version >= 1) writer.int32(NO_THROTTLE);
    if (flexible) writer.unsignedVarint(0);
  },
  writeRequest(writer, { softwareName, softwareVersion }, version) {
    if (version < 3) return;
    writer.compactString(softwareName).compactString(softwareVersion).unsignedVarint(0); // no tags
  },
  readResponse(reader, version) {
    const errorCode = reader.int16();
    const flexible = version >= 3;
    const readApi = () => {
      const api = { key: reader.int16(), min: reader.int16(), max: reader.int16() };
      if (flexible) reader.skipTags();
      return api;
    };
    const apis = flexible ? reader.compactArray(readApi) : reader.array(readApi);
    if (version >= 1) reader.int32(); // throttle
    if (flexible) reader.skipTags();
    return { errorCode, apis };
  },
};
