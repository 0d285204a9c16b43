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
  return ({ states }) => {
    const wanted = new Set(states.map((state) => state.toLowerCase()));
    return {
      errorCode: KAFKA_ERRORS.NONE,
      groups: coordinator
        .ids()
        .map((groupId) => ({ groupId, ...stateOf(coordinator, groupId) }))
        .filter(({ state }) => wanted.size === 0 || wanted.has(state.toLowerCase())),
    };
  };
}

/** A group that has offsets alone was one of consumers. */
function stateOf(coordinator: GroupCoordinator, groupId: string) {
  const group = coordinator.find(groupId);
  return group === undefined
    ? { protocolType: 'consumer', state: 'Empty' }
    : { protocolType: group.type, state: group.state };
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
