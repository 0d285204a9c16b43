import { KAFKA_ERRORS, type KafkaError } from '@tally/kafka-wire';
import type { Handler } from '../server/request-router.js';
import type { Group } from './group.js';
import type { GroupCoordinator } from './group-coordinator.js';

const NOTHING = Buffer.alloc(0);

export function joinGroupHandler(coordinator: GroupCoordinator): Handler<'joinGroup'> {
  return async (request, caller) => {
    const group = coordinator.forJoin(request.groupId, request.sessionTimeoutMs);
    if (typeof group === 'string') return refusedJoin(group, request.memberId);
    const result = await group.join(request, caller);
    return result.kind === 'joined'
      ? result.response
      : refusedJoin(result.error, result.memberId ?? request.memberId);
  };
}

export function syncGroupHandler(coordinator: GroupCoordinator): Handler<'syncGroup'> {
  return async (request) => {
    const result = await coordinator.find(request.groupId)?.sync(request, request.assignments);
    if (result?.kind === 'synced') {
      return { errorCode: KAFKA_ERRORS.NONE, assignment: result.assignment };
    }
    return {
      errorCode: KAFKA_ERRORS[result?.error ?? 'UNKNOWN_MEMBER_ID'],
      assignment: NOTHING,
    };
  };
}

export function heartbeatHandler(coordinator: GroupCoordinator): Handler<'heartbeat'> {
  return (request) => {
    const error = coordinator.find(request.groupId)?.heartbeat(request) ?? 'UNKNOWN_MEMBER_ID';
    return { errorCode: KAFKA_ERRORS[error] };
  };
}

export function leaveGroupHandler(coordinator: GroupCoordinator): Handler<'leaveGroup'> {
  return ({ groupId, members }) => {
    const group = coordinator.find(groupId);
    return {
      errorCode: KAFKA_ERRORS.NONE,
      members: members.map((member) => ({
        ...member,
        errorCode: KAFKA_ERRORS[leave(group, member)],
      })),
    };
  };
}

function leave(
  group: Group | undefined,
  { memberId, groupInstanceId }: { memberId: string; groupInstanceId: string | null },
): KafkaError {
  return group?.leave(memberId, groupInstanceId) ?? 'UNKNOWN_MEMBER_ID';
}

function refusedJoin(error: KafkaError, memberId: string) {
  return {
    errorCode: KAFKA_ERRORS[error],
    generationId: -1,
    protocolName: '',
    leader: '',
    memberId,
    members: [],
  };
}
