import { NO_THROTTLE, type SpokenApi } from './api.js';

/** Ids of groups. */
export interface DescribeGroupsRequest {
  readonly groups: readonly string[];
}

/** A group and who is in it; metadata and assignments are the clients' own bytes. */
export interface DescribedGroup {
  readonly errorCode: number;
  readonly groupId: string;
  readonly state: string;
  readonly protocolType: string;
  readonly protocolName: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly clientId: string;
    readonly clientHost: string;
    readonly metadata: Buffer;
    readonly assignment: Buffer;
  }[];
}

/** In the order of the request. */
export interface DescribeGroupsResponse {
  readonly groups: readonly DescribedGroup[];
}

const NO_OPERATIONS = -(2 ** 31);

/** Tells the state of groups and their members. */
export const describeGroups: SpokenApi<DescribeGroupsRequest, DescribeGroupsResponse> = {
  key: 15,
  name: 'DescribeGroups',
  min: 0,
  max: 4,
  readRequest(reader, version) {
    const groups = reader.array(() => reader.string());
    if (version >= 3) reader.boolean(); // authorised operations
    return { groups };
  },
  writeResponse(writer, { groups }, version) {
    if (version >= 1) writer.int32(NO_THROTTLE);
    writer.array(groups, (group) => {
      writer.int16(group.errorCode).string(group.groupId).string(group.state);
      writer.string(group.protocolType).string(group.protocolName);
      writer.array(group.members, (member) => {
        writer.string(member.memberId);
        if (version >= 4) writer.nullableString(member.groupInstanceId);
        writer.string(member.clientId).string(member.clientHost);
        writer.bytes(member.metadata).bytes(member.assignment);
      });
      if (version >= 3) writer.int32(NO_OPERATIONS);
    });
  },
  writeRequest(writer, { groups }, version) {
    writer.array(groups, (id) => writer.string(id));
    if (version >= 3) writer.boolean(false); // authorised operations
  },
  readResponse(reader, version) {
    if (version >= 1) reader.int32(); // throttle
    const groups = reader.array(() => {
      const group = {
        errorCode: reader.int16(),
        groupId: reader.string(),
        state: reader.string(),
        protocolType: reader.string(),
        protocolName: reader.string(),
        members: reader.array(() => ({
          memberId: reader.string(),
          groupInstanceId: version >= 4 ? reader.nullableString() : null,
          clientId: reader.string(),
          clientHost: reader.string(),
          metadata: reader.bytes(),
          assignment: reader.bytes(),
        })),
      };
      if (version >= 3) reader.int32(); // authorised operations
      return group;
    });
    return { groups };
  },
};
