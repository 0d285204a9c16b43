import type { DescribedGroup } from '@tally/kafka-wire';
import type { Generation } from './generation.js';
import type { Members } from './members.js';
import type { GroupState } from './rebalance.js';
import { CONSUMER, readSubscription } from './subscription.js';

const NOTHING = Buffer.alloc(0);

/** What anybody may ask of a group. Between two generations nobody has a part. */
export function describeGroup(
  state: GroupState,
  { protocolType, protocolName }: Generation,
  members: Members,
): Omit<DescribedGroup, 'errorCode' | 'groupId'> {
  const isStable = state === 'Stable';
  return {
    state,
    protocolType,
    protocolName: isStable ? protocolName : '',
    members: members.all().map((member) => ({
      memberId: member.id,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? member.metadataFor(protocolName) : NOTHING,
      assignment: isStable ? member.assignment : NOTHING,
    })),
  };
}

/** Topics that a member reads; `unknown` where a member does not say so in words of consumers. */
export function subscriptionsOf(
  { protocolType }: Generation,
  members: Members,
): ReadonlySet<string> | 'unknown' {
  const topics = new Set<string>();
  for (const { protocols } of members.all()) {
    for (const { metadata } of protocols) {
      const read = protocolType === CONSUMER ? readSubscription(metadata) : undefined;
      if (read === undefined) return 'unknown';
      for (const topic of read) topics.add(topic);
    }
  }
  return topics;
}
