import type { SegmentLog } from '@tally/segment-log';

/** Rejects while there are records, or topics, that cannot be read: the rest is served, and someone has to look. */
export async function noDamage(log: SegmentLog): Promise<void> {
  const [closed] = log.closedTopics();
  if (closed !== undefined)
    throw new Error(`the topic ${closed.name} is closed: ${closed.reason.message}`);
  const damage = log.damage();
  const [first] = damage;
  if (first === undefined) return;
  const { topic, partition, offset, endOffset, reason } = first;
  const more = damage.length > 1 ? `, and ${damage.length - 1} more ranges` : '';
  throw new Error(
    `${topic}-${partition}: records ${offset} to ${endOffset - 1n} cannot be read: ${reason}${more}`,
  );
}
