import { NO_THROTTLE, type SpokenApi } from './api.js';

/** Who wants to be a member, for how long it may be silent, and how it can share partitions. */
export interface JoinGroupRequest {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** '' for a new member. */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  /** In order of preference; the metadata is the clients' own. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  /** From version 4 on, a new member first gets an id and joins again with it (KIP-394). */
  readonly canRejoinWithId: boolean;
}

/** The generation that the member is in. */
export interface JoinGroupResponse {
  readonly errorCode: number;
  readonly generationId: number;
  readonly protocolName: string;
  readonly leader: string;
  readonly memberId: string;
  /** For the leader alone. */
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

/** Makes a client a member of a group; answered when the group has settled who is in it. */
export const joinGroup: SpokenApi<JoinGroupRequest, JoinGroupResponse> = {
  key: 11,
  name: 'JoinGroup',
  min: 0,
  max: 5,
  readRequest(reader, version) {
    const groupId = reader.string();
    const sessionTimeoutMs = reader.int32();
    return {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: version >= 1 ? reader.int32() : sessionTimeoutMs,
      memberId: reader.string(),
      groupInstanceId: version >= 5 ? reader.nullableString() : null,
      protocolType: reader.string(),
      protocols: reader.array(() => ({ name: reader.string(), metadata: reader.bytes() })),
      canRejoinWithId: version >= 4,
    };
  },
  writeResponse(writer, response, version) {
    if (version >= 2) writer.int32(NO_THROTTLE);
    writer.int16(response.errorCode).int32(response.generationId);
    writer.string(response.protocolName).string(response.leader).string(response.memberId);
    writer.array(response.members, ({ memberId, groupInstanceId, metadata }) => {
      writer.string(memberId);
      if (version >= 5) writer.nullableString(groupInstanceId);
      writer.bytes(metadata);
    });
  },
  writeRequest(writer, request, version) {
    writer.string(request.groupId).int32(request.sessionTimeoutMs);
    if (version >= 1) writer.int32(request.rebalanceTimeoutMs);
    writer.string(request.memberId);
    if (version >= 5) writer.nullableString(request.groupInstanceId);
    writer.string(request.protocolType).array(request.protocols, ({ name, metadata }) => {
      writer.string(name).bytes(metadata);
    });
  },
  readResponse(reader, version) {
    if (version >= 2) reader.int32(); // throttle
    return {
      errorCode: reader.int16(),
      generationId: reader.int32(),
      protocolName: reader.string(),
      leader: reader.string(),
      memberId: reader.string(),
      members: reader.array(() => ({
        memberId: reader.string(),
        groupInstanceId: version >= 5 ? reader.nullableString() : null,
        metadata: reader.bytes(),
      })),
    };
  },
};
