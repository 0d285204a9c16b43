import { NO_THROTTLE, type Api } from './api.js';

/** A member, by its id or by the name that it gave itself. */
export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Who leaves which group. */
export interface LeaveGroupRequest {
  readonly groupId: string;
  /** One before version 3. */
  readonly members: readonly LeavingMember[];
}

/** What became of each member; before version 3 `errorCode` alone. */
export interface LeaveGroupResponse {
  readonly errorCode: number;
  readonly members: readonly (LeavingMember & { readonly errorCode: number })[];
}

/** Takes members out of a group. */
export const leaveGroup: Api<LeaveGroupRequest, LeaveGroupResponse> = {
  key: 13,
  name: 'LeaveGroup',
  min: 0,
  max: 3,
  readRequest(reader, version) {
    const groupId = reader.string();
    const members =
      version >= 3
        ? reader.array(() => ({
            memberId: reader.string(),
            groupInstanceId: reader.nullableString(),
          }))
        : [{ memberId: reader.string(), groupInstanceId: null }];
    return { groupId, members };
  },
  writeResponse(writer, { errorCode, members }, version) {
    if (version >= 1) writer.int32(NO_THROTTLE);
    if (version >= 3) {
      writer.int16(errorCode).array(members, (member) => {
        writer.string(member.memberId).nullableString(member.groupInstanceId);
        writer.int16(member.errorCode);
      });
    } else {
      // Before version 3 the error of the one member is the error of the answer.
      writer.int16(errorCode !== 0 ? errorCode : (members[0]?.errorCode ?? 0));
    }
  },
};
