import { NO_THROTTLE, type SpokenApi } from './api.js';

/** The kind of key that is the id of a group. */
export const GROUP_KEY = 0;

/** Whose coordinator is looked for; before version 1 always that of a group. */
export interface FindCoordinatorRequest {
  readonly key: string;
  /** GROUP_KEY, or 1 for a transactional id. */
  readonly keyType: number;
}

/** The broker to ask, or an error; its message is told from version 1 on. */
export interface FindCoordinatorResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** Tells which broker looks after a group. */
export const findCoordinator: SpokenApi<FindCoordinatorRequest, FindCoordinatorResponse> = {
  key: 10,
  name: 'FindCoordinator',
  min: 0,
  max: 2,
  readRequest(reader, version) {
    return { key: reader.string(), keyType: version >= 1 ? reader.int8() : GROUP_KEY };
  },
  writeResponse(writer, { errorCode, errorMessage, nodeId, host, port }, version) {
    if (version >= 1) writer.int32(NO_THROTTLE);
    writer.int16(errorCode);
    if (version >= 1) writer.nullableString(errorMessage);
    writer.int32(nodeId).string(host).int32(port);
  },
  writeRequest(writer, { key, keyType }, version) {
    writer.string(key);
    if (version >= 1) writer.int8(keyType);
  },
  readResponse(reader, version) {
    if (version >= 1) reader.int32(); // throttle
    return {
      errorCode: reader.int16(),
      errorMessage: version >= 1 ? reader.nullableString() : null,
      nodeId: reader.int32(),
      host: reader.string(),
      port: reader.int32(),
    };
  },
};
