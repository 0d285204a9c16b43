import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { seriesId, ShardMap, slotOf } from '@tally/placement';
import { ROOT } from '@tally/tools';
import kafkajs, { type Admin } from 'kafkajs';
import type { OffsetRanges } from '../rig/observer.js';
import { until } from '../rig/until.js';
import { ADMIN_ENV } from '../rig/admin-api.js';
import type { Trial } from '../trial.js';
import type { LoggedEvent } from '../verdict/recount.js';
import { endsNow, HALTED, partitionsBehind } from './halted-partition.js';

/** Settings of stacks whose lost records are given up. */
export const GIVING_UP = { TALLY_VERIFY_INTERVAL_MS: '1000' };

interface Deleted {
  readonly partition: number;
  /** Everything below went. */
  readonly low: number;
  /** By shard: what it had counted of the partition when the rest was given up. */
  covered: readonly OffsetRanges[];
}

const deleted = new WeakMap<Trial, Deleted>();

/** Deletes all records of a partition that our own recount has read, which goes on without them. */
export async function deleteRecordsOf(trial: Trial, partition: number): Promise<number> {
  const { recount, addresses } = trial.on;
  const low = recount.ends.get(partition) ?? 0;
  await asAdmin(addresses.kafka, async (admin) => {
    // Only then does the client know the topic.
    await admin.fetchTopicOffsets(recount.topic);
    const partitions = [{ partition, offset: String(low) }];
    await admin.deleteTopicRecords({ topic: recount.topic, partitions });
  });
  recount.forgetWindow(partition);
  deleted.set(trial, { partition, low, covered: [] });
  return low;
}

/** Where a partition ends now. */
export function highOf(trial: Trial, partition: number): Promise<number> {
  const { recount, addresses } = trial.on;
  return asAdmin(addresses.kafka, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(recount.topic);
    return Number(offsets.find((entry) => entry.partition === partition)?.high ?? 0);
  });
}

/** Resolves when one partition is halted. */
export function halted({ on }: Trial): Promise<unknown> {
  return until('the partition is halted', async () => (await on.processorMetric(HALTED)) === 1);
}

/** When all other partitions are counted to their end a person gives up what is gone; then all are. */
export async function giveUp(trial: Trial): Promise<void> {
  const { on } = trial;
  const gone = deletedIn(trial);
  const { partition, low } = gone;
  const before = await endsNow(trial);
  await until('the other partitions are counted', async () => {
    const behind = await partitionsBehind(trial, before);
    return behind.size === 1 && behind.has(partition);
  });
  gone.covered = await Promise.all(
    on.shards.map(async (shard) => (await shard.coverage()).get(partition) ?? []),
  );
  // Our own proxies stand before the shards: they go on meanwhile.
  await promisify(execFile)(
    join(ROOT, 'tools/log'),
    [
      'accept-loss',
      ...['--partition', String(partition), '--from', '0', '--to', String(low)],
      ...['--by', 'chaos', '--reason', 'records were deleted', '--gateway', on.addresses.gateway],
    ],
    { env: { ...process.env, ...ADMIN_ENV } },
  );
  const all = await endsNow(trial);
  await until(
    'all partitions are counted',
    async () => (await partitionsBehind(trial, all)).size === 0,
  );
  await until('none is halted', async () => (await on.processorMetric(HALTED)) === 0);
}

/** All events of the log, but for those that were deleted before their shard had counted them. */
export async function countedOf(
  trial: Trial,
  logged: readonly LoggedEvent[],
): Promise<readonly LoggedEvent[]> {
  const map = ShardMap.even(trial.on.shards.length);
  const { partition, low, covered } = deletedIn(trial);
  return logged.filter((event) => {
    if (event.partition !== partition || event.offset >= low) return true;
    const shard = map.shardOf(bookedIn(event));
    return (covered[shard] ?? []).some(([from, to]) => event.offset >= from && event.offset < to);
  });
}

/** The slot whose shard has it in its ledger: what expired is not looked at. */
function bookedIn({ type, subject, fate }: LoggedEvent): number {
  return fate === 'expired' ? 0 : slotOf(seriesId('default', type, subject));
}

function deletedIn(trial: Trial): Deleted {
  const found = deleted.get(trial);
  if (found === undefined) throw new Error('no records were deleted');
  return found;
}

async function asAdmin<T>(brokers: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const { NOTHING } = kafkajs.logLevel;
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
