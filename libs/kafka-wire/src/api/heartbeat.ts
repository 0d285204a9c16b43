import { NO_THROTTLE, type Api } from './api.js';

/** Who is alive, and in which generation of its group. */
export interface HeartbeatRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** REBALANCE_IN_PROGRESS: the member has to join again. */
export interface HeartbeatResponse {
  readonly errorCode: number;
}

/** Keeps a member in its group. */
export const heartbeat: Api<HeartbeatRequest, HeartbeatResponse> = {
  key: 12,
  name: 'Heartbeat',
  min: 0,
  max: 3,
  readRequest(reader, version) {
    return {
      groupId: reader.string(),
      generationId: reader.int32(),
      memberId: reader.string(),
      groupInstanceId: version >= 3 ? reader.nullableString() : null,
    };
  },
  writeResponse(writer, { errorCode }, version) {
    if (version >= 1) writer.int32(NO_THROTTLE);
    writer.int16(errorCode);
  },
};
