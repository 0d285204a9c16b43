import { NO_THROTTLE, type SpokenApi } from './api.js';

/** In which states the groups are that are wanted; of all where none is named, and before version 4. */
export interface ListGroupsRequest {
  readonly states: readonly string[];
}

/** Every group with members or committed offsets. */
export interface ListGroupsResponse {
  readonly errorCode: number;
  readonly groups: readonly {
    readonly groupId: string;
    readonly protocolType: string;
    /** '' before version 4. */
    readonly state: string;
  }[];
}

/** Versions from this one on are flexible; what stands at the end of their headers is read with the body. */
const FLEXIBLE = 3;
const WITH_STATES = 4;

/** Lists groups. */
export const listGroups: SpokenApi<ListGroupsRequest, ListGroupsResponse> = {
  key: 16,
  name: 'ListGroups',
  min: 0,
  max: 4,
  readRequest(reader, version) {
    if (version < FLEXIBLE) return { states: [] };
    reader.skipTags(); // of the header
    const states = version >= WITH_STATES ? reader.compactArray(() => reader.compactString()) : [];
    reader.skipTags();
    return { states };
  },
  writeResponse(writer, { errorCode, groups }, version) {
    if (version >= FLEXIBLE) writer.noTags(); // of the header
    if (version >= 1) writer.int32(NO_THROTTLE);
    writer.int16(errorCode);
    if (version < FLEXIBLE) {
      writer.array(groups, ({ groupId, protocolType }) =>
        writer.string(groupId).string(protocolType),
      );
      return;
    }
    writer.compactArray(groups, ({ groupId, protocolType, state }) => {
      writer.compactString(groupId).compactString(protocolType);
      if (version >= WITH_STATES) writer.compactString(state);
      writer.noTags();
    });
    writer.noTags();
  },
  writeRequest(writer, { states }, version) {
    if (version < FLEXIBLE) return;
    writer.noTags();
    if (version >= WITH_STATES) writer.compactArray(states, (state) => writer.compactString(state));
    writer.noTags();
  },
  readResponse(reader, version) {
    if (version >= FLEXIBLE) reader.skipTags(); // of the header
    if (version >= 1) reader.int32(); // throttle
    const errorCode = reader.int16();
    if (version < FLEXIBLE) {
      const groups = reader.array(() => ({
        groupId: reader.string(),
        protocolType: reader.string(),
        state: '',
      }));
      return { errorCode, groups };
    }
    const groups = reader.compactArray(() => {
      const groupId = reader.compactString();
      const protocolType = reader.compactString();
      const state = version >= WITH_STATES ? reader.compactString() : '';
      reader.skipTags();
      return { groupId, protocolType, state };
    });
    reader.skipTags();
    return { errorCode, groups };
  },
};
