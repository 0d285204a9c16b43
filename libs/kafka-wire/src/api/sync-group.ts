import { NO_THROTTLE, type Api } from './api.js';

/** Asks for the assignment of a member; the leader brings those of all. */
export interface SyncGroupRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** From the leader alone. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

/** What the leader has assigned to the member: bytes of the clients' own. */
export interface SyncGroupResponse {
  readonly errorCode: number;
  readonly assignment: Buffer;
}

/** Gives a member its part; answered when the leader has decided. */
export const syncGroup: Api<SyncGroupRequest, SyncGroupResponse> = {
  key: 14,
  name: 'SyncGroup',
  min: 0,
  max: 3,
  readRequest(reader, version) {
    return {
      groupId: reader.string(),
      generationId: reader.int32(),
      memberId: reader.string(),
      groupInstanceId: version >= 3 ? reader.nullableString() : null,
      assignments: reader.array(() => ({
        memberId: reader.string(),
        assignment: reader.bytes(),
      })),
    };
  },
  writeResponse(writer, { errorCode, assignment }, version) {
    if (version >= 1) writer.int32(NO_THROTTLE);
    writer.int16(errorCode).bytes(assignment);
  },
};
