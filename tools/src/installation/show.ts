import type { ZooKeeperReading } from '@tally/discovery';
import { decideInstallation } from '@tally/placement';
import { wholeOf } from './copies.js';
import type { ShardAnswers } from './ask-shards.js';

/** What was found out; `logTopics` is undefined where the log was not asked, or a sentence why it failed. */
export interface Findings {
  readonly zookeeper: ZooKeeperReading;
  readonly answers: ShardAnswers;
  readonly logTopics: readonly string[] | string | undefined;
}

/** Lines for people, and what does not go together; no problem: all does. */
export function report({ zookeeper, answers, logTopics }: Findings): {
  readonly lines: readonly string[];
  readonly problem: string | undefined;
} {
  const { claim, installation } = zookeeper;
  const lines = [
    claim.id === undefined
      ? `ZooKeeper  no installation${claim.isEmpty ? ', empty' : ''}`
      : `ZooKeeper  installation ${claim.id}, topic ${claim.topic ?? 'none'}`,
  ];
  for (const { shard, id, topics, nodes } of answers.copies)
    lines.push(
      `shard ${shard}    ${id === undefined ? 'no installation' : `installation ${id}`}, keeps ${nodes.size} nodes, has counted ${topics.join(', ') || 'nothing'}`,
    );
  for (const { shard, reason } of answers.failures) lines.push(`shard ${shard}    ${reason}`);
  if (typeof logTopics === 'string') lines.push(`log        ${logTopics}`);
  else if (logTopics !== undefined)
    lines.push(`log        ${logTopics.join(', ') || 'no topic of events'}`);

  const decision = decideInstallation({ zookeeper: claim, shards: answers.copies });
  if (decision.kind === 'refuse') return { lines, problem: decision.sentence };
  const whole = wholeOf(answers.copies);
  if (decision.kind !== 'same')
    return { lines, problem: 'not all of them belong to an installation yet' };
  if (whole.kind === 'unclear') return { lines, problem: whole.sentence };
  const kept = whole.installation.kept.eventTypes;
  if (installation !== undefined && installation.value.kept.eventTypes < kept)
    return { lines, problem: `ZooKeeper is older than the shards: they keep version ${kept}` };
  if (typeof logTopics === 'string') return { lines, problem: 'the log does not answer' };
  const { topic } = claim;
  if (logTopics !== undefined && topic !== undefined && !logTopics.includes(topic))
    return { lines, problem: `the log has no topic ${topic}: it is another log, or lost its data` };
  return { lines, problem: undefined };
}
