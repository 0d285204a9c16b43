import { NO_THROTTLE, type Api } from './api.js';

/** Every group with members or committed offsets. */
export interface ListGroupsResponse {
  readonly errorCode: number;
  readonly groups: readonly { readonly groupId: string; readonly protocolType: string }[];
}

/** Lists groups. */
export const listGroups: Api<Record<string, never>, ListGroupsResponse> = {
  key: 16,
  name: 'ListGroups',
  min: 0,
  max: 2,
  readRequest: () => ({}),
  writeResponse(writer, { errorCode, groups }, version) {
    if (version >= 1) writer.int32(NO_THROTTLE);
    writer.int16(errorCode).array(groups, ({ groupId, protocolType }) => {
      writer.string(groupId).string(protocolType);
    });
  },
};
