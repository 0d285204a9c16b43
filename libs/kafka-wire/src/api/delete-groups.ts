import { NO_THROTTLE, type Api } from './api.js';

/** Ids of groups. */
export interface DeleteGroupsRequest {
  readonly groups: readonly string[];
}

/** What became of each group, in the order of the request. */
export interface DeleteGroupsResponse {
  readonly groups: readonly { readonly groupId: string; readonly errorCode: number }[];
}

/** Forgets groups without members, with the offsets that they committed. */
export const deleteGroups: Api<DeleteGroupsRequest, DeleteGroupsResponse> = {
  key: 42,
  name: 'DeleteGroups',
  min: 0,
  max: 1,
  readRequest: (reader) => ({ groups: reader.array(() => reader.string()) }),
  writeResponse(writer, { groups }) {
    writer.int32(NO_THROTTLE).array(groups, ({ groupId, errorCode }) => {
      writer.string(groupId).int16(errorCode);
    });
  },
};
