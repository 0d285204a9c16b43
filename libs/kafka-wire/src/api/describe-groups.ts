import { NO_THROTTLE, type Api } from './api.js';

export interface DescribeGroupsRequest {
  readonly groups: readonly string[];
}

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

export interface DescribeGroupsResponse {
  readonly groups: readonly DescribedGroup[];
}

const NO_OPERATIONS = -(2 ** 31);

export const describeGroups: Api<DescribeGroupsRequest, DescribeGroupsResponse> = {
  key: 15,
  name: 'DescribeGroups',
  min: 0,
  max: 4,
  read(reader, version) {
    const groups = reader.array(() => reader.string());
    if (version >= 3) reader.boolean(); // authorised operations
    return { groups };
  },
  write(writer, { groups }, version) {
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
};
