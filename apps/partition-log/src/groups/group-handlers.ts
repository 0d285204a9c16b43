import { KAFKA_ERRORS } from '@tally/kafka-wire';
import type { Handler } from '../server/request-router.js';
import type { GroupCoordinator } from './group-coordinator.js';

export function describeGroupsHandler(coordinator: GroupCoordinator): Handler<'describeGroups'> {
  return ({ groups }) => ({
    // Each once: an answer must not be many times its request.
    groups: [...new Set(groups)].map((groupId) => ({
      errorCode: KAFKA_ERRORS.NONE,
      groupId,
      ...(coordinator.find(groupId)?.describe() ?? {
        // Offsets alone keep a group; one that has none either is unknown, which is called dead.
        state: coordinator.offsets.has(groupId) ? 'Empty' : 'Dead',
        protocolType: '',
        protocolName: '',
        members: [],
      }),
    })),
  });
}

export function listGroupsHandler(coordinator: GroupCoordinator): Handler<'listGroups'> {
  return () => ({
    errorCode: KAFKA_ERRORS.NONE,
    groups: coordinator.ids().map((groupId) => ({
      groupId,
      // A group that has offsets alone was one of consumers.
      protocolType: coordinator.find(groupId)?.type ?? 'consumer',
    })),
  });
}

export function deleteGroupsHandler(coordinator: GroupCoordinator): Handler<'deleteGroups'> {
  return async ({ groups }) => {
    const results = [];
    for (const groupId of groups) {
      results.push({ groupId, errorCode: KAFKA_ERRORS[await remove(coordinator, groupId)] });
    }
    return { groups: results };
  };
}

async function remove(coordinator: GroupCoordinator, groupId: string) {
  if (coordinator.find(groupId) !== undefined) return 'NON_EMPTY_GROUP';
  if (!coordinator.offsets.has(groupId)) return 'GROUP_ID_NOT_FOUND';
  return coordinator.offsets.deleteGroup(groupId);
}
