import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EVENT_TYPES_NODE } from '@tally/contracts';
import { INSTALLATION_NODE, SHARD_MAP_NODE, TOPICS_NODE } from '@tally/placement';
import { ROOT } from '@tally/tools';
import { ZooKeeperSession } from '@tally/zookeeper';
import kafkajs from 'kafkajs';
import type { FailureStack } from '../rig/failure-stack.js';
import { until } from '../rig/until.js';
import { defineType, versionOf } from '../traffic/event-types.js';
import type { Fault } from '../trial.js';

/** What a Tally that begins would make. */
const NODES = [INSTALLATION_NODE, TOPICS_NODE, SHARD_MAP_NODE, EVENT_TYPES_NODE];
/** Those that make them; without any of these nobody would try. */
const MAKERS = ['cluster-proxy', 'partitioner', 'gateway'];
const FOLLOWERS = /^(gateway|partitioner|processor|cluster-proxy|shard-proxy|query)(-\d+)?$/;
const quiet = () => undefined;
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };

export const emptyZooKeeper: Fault = {
  name: 'empty-zookeeper',
  story:
    'ZooKeeper is killed, loses its data and comes back empty; who makes topics, shard maps and event types starts anew, and some of the others. Nobody makes anything, everybody says why; after tools/installation restore all goes on by itself, and all is counted once.',
  async inflict(trial) {
    const { on, random, seed } = trial;
    // So that blocks name a version that somebody made.
    const type = `type-${seed}`;
    const defined = await defineType(on.addresses.gateway, type, { dimensions: ['country'] });
    const topics = await topicsOf(on);
    await on.stack.crash(['zookeeper']);
    rmSync(join(on.dir, 'zookeeper', 'data'), { recursive: true });
    const others = on.services.filter((name) => FOLLOWERS.test(name) && !MAKERS.includes(name));
    const restarted = [...MAKERS, ...others.filter(() => random.between(0, 1) === 1)];
    await on.stack.crash(restarted);
    for (const name of ['zookeeper', ...restarted]) on.stack.revive(name);
    await on.running(['zookeeper', ...restarted]);
    const session = new ZooKeeperSession({
      connect: on.addresses.zookeeper,
      logger: SILENT,
    }).start();
    try {
      await until('everybody says that ZooKeeper came back empty', async () => {
        await assertNothingMade(on, session, topics);
        return (await Promise.all(on.services.map((name) => saysSo(on, name)))).every(Boolean);
      });
      await trial.moment(0, 2000);
      await assertNothingMade(on, session, topics);
    } finally {
      await session.close();
    }
    const said = await installation(on, 'restore');
    await on.allReady();
    await installation(on, 'show');
    if ((await topicsOf(on)).join() !== topics.join())
      throw new Error('the log got another topic of events');
    if ((await versionOf(on.addresses.gateway, type)) !== defined)
      throw new Error('an event type changed');
    return `${restarted.length} services began anew without a configuration; ${said}`;
  },
};

async function assertNothingMade(
  on: FailureStack,
  session: ZooKeeperSession,
  topics: readonly string[],
): Promise<void> {
  for (const path of NODES)
    if ((await session.get(path)) !== undefined)
      throw new Error(`${path} was made, although ZooKeeper had only come back empty`);
  const now = await topicsOf(on);
  if (now.join() !== topics.join())
    throw new Error(`${now.join(', ')}: a topic was made, although ZooKeeper had come back empty`);
}

async function saysSo({ addresses }: FailureStack, name: string): Promise<boolean> {
  if (!FOLLOWERS.test(name)) return true;
  const response = await fetch(`${addresses.admin[name]}/health/ready`).catch(() => undefined);
  return /ZooKeeper (is|came back) empty/.test((await response?.text()) ?? '');
}

async function topicsOf({ addresses }: FailureStack): Promise<string[]> {
  const admin = new kafkajs.Kafka({
    brokers: addresses.kafka.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    return (await admin.listTopics()).filter((name) => name.startsWith('events-')).sort();
  } finally {
    await admin.disconnect();
  }
}

/** The command that a person would type. Its output; throws what it complains of. */
async function installation({ addresses }: FailureStack, verb: string): Promise<string> {
  const main = join(ROOT, 'tools/dist/installation/main.js');
  const at = ['--zookeeper', addresses.zookeeper];
  if (verb === 'show') at.push('--kafka', addresses.kafka);
  const { stdout } = await promisify(execFile)(process.execPath, [main, verb, ...at]);
  return stdout.trim();
}
