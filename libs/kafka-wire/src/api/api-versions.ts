import { API_VERSIONS_KEY, NO_THROTTLE, type Api } from './api.js';

export interface ApiVersionsRequest {
  /** '' before version 3. */
  readonly softwareName: string;
  readonly softwareVersion: string;
}

export interface ApiVersionsResponse {
  readonly errorCode: number;
  readonly apis: readonly {
    readonly key: number;
    readonly min: number;
    readonly max: number;
  }[];
}

/** 3 is flexible in its body; its response header stays v0 (KIP-511). */
export const apiVersions: Api<ApiVersionsRequest, ApiVersionsResponse> = {
  key: API_VERSIONS_KEY,
  name: 'ApiVersions',
  min: 0,
  max: 3,
  read(reader, version) {
    if (version < 3) return { softwareName: '', softwareVersion: '' };
    const softwareName = reader.compactString();
    const softwareVersion = reader.compactString();
    reader.skipTags();
    return { softwareName, softwareVersion };
  },
  write(writer, { errorCode, apis }, version) {
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
};
