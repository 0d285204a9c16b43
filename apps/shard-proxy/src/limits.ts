import type { ShardProxyConfig } from './config.js';

/** What is wrong with settings that are each good by themselves, in sentences. */
export function limitProblems({
  writeTimeoutMs,
  lockTimeoutMs,
  shardDeadlineMs,
}: Pick<ShardProxyConfig, 'writeTimeoutMs' | 'lockTimeoutMs' | 'shardDeadlineMs'>): string[] {
  const problems: string[] = [];
  if (writeTimeoutMs >= shardDeadlineMs)
    problems.push(
      `TALLY_WRITE_TIMEOUT_MS: expected less than TALLY_SHARD_DEADLINE_MS (${shardDeadlineMs}), got ${writeTimeoutMs}: a delta that is sent again would wait for the locks of its first try`,
    );
  if (lockTimeoutMs >= writeTimeoutMs)
    problems.push(
      `TALLY_LOCK_TIMEOUT_MS: expected less than TALLY_WRITE_TIMEOUT_MS (${writeTimeoutMs}), got ${lockTimeoutMs}: nobody waits for a lock for longer than for all`,
    );
  return problems;
}
