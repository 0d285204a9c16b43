import { createHook } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { PartitionLogServer } from '@tally/testing';

/** Timers that this process sets in so many ms, and fetches that the log answers. */
export async function activityDuring(ms: number, log: PartitionLogServer) {
  const before = await fetchesOf(log);
  if (before === 0) throw new Error('expected a log that somebody reads, got no fetch');
  let timers = 0;
  const hook = createHook({ init: (_, type) => void (timers += type === 'Timeout' ? 1 : 0) });
  hook.enable();
  await delay(ms);
  hook.disable();
  return { timers, fetches: (await fetchesOf(log)) - before };
}

async function fetchesOf({ admin }: PartitionLogServer): Promise<number> {
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  const counts = metrics.matchAll(/^tally_kafka_requests_total\{api="fetch".*\} (\d+)$/gim);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
