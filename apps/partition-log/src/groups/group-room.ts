import type { JoinGroupRequest, KafkaError } from '@tally/kafka-wire';
import type { Members } from './members.js';
import { bytesOfProtocols } from './protocols.js';
import type { Assignments } from './rebalance.js';

export interface GroupRoom {
  /** Most bytes of what all members say of themselves, and of what they are assigned. */
  readonly maxMetadataBytes: number;
  /** Whether there is room in all groups together for so much more. */
  readonly hasRoomInAll: (members: number, bytes: number) => boolean;
}

/** Why there is no room for what somebody who joins says of itself; undefined: there is. */
export function refuseWithoutRoom(
  { memberId, protocols }: JoinGroupRequest,
  members: Members,
  { maxMetadataBytes, hasRoomInAll }: GroupRoom,
): KafkaError | undefined {
  const before = members.get(memberId)?.bytes ?? 0;
  const bytes = bytesOfProtocols(protocols) - before;
  if (members.bytes + bytes > maxMetadataBytes) return 'GROUP_MAX_SIZE_REACHED';
  // What other groups leave makes room: it may be tried again.
  const isNew = memberId === '' ? 1 : 0;
  return hasRoomInAll(isNew, bytes) ? undefined : 'COORDINATOR_NOT_AVAILABLE';
}

export function hasRoomForAssignments(
  assignments: Assignments,
  { maxMetadataBytes, hasRoomInAll }: GroupRoom,
): boolean {
  const bytes = assignments.reduce((sum, { assignment }) => sum + assignment.length, 0);
  return bytes <= maxMetadataBytes && hasRoomInAll(0, bytes);
}
