import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InstanceRegistry } from '@tally/discovery';
import { eventually } from '@tally/testing';
import { ROOT } from '@tally/tools';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

/** One row of docs/readiness.md. */
interface Row {
  readonly away: string;
  readonly notReady: readonly string[];
  readonly degraded: readonly string[];
  readonly events: string;
  readonly statistics: string;
}

function rows(): Row[] {
  const names = (cell = '') => (cell === 'nobody' ? [] : cell.split(', '));
  return readFileSync(join(ROOT, 'docs/readiness.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| all of '))
    .map((line) => {
      const [, away = '', notReady, degraded, events = '', statistics = ''] = line
        .split('|')
        .map((cell) => cell.trim());
      return {
        away: away.replace('all of ', ''),
        notReady: names(notReady),
        degraded: names(degraded),
        events,
        statistics,
      };
    });
}

const WAIT = { timeoutMs: 60_000 };

let tally: PrivateStack;
beforeAll(async () => {
  tally = await startPrivateStack({
    TALLY_ZOOKEEPER_SESSION_MS: '2000',
    TALLY_GROUP_SESSION_MS: '3000',
    TALLY_LOG_TIMEOUT_MS: '1000',
  });
}, 120_000);
afterAll(() => tally.stop(), 60_000);

const services = () => Object.keys(tally.addresses.admin);
const appOf = (name: string) => name.replace(/-\d+$/, '');

async function statusOf(name: string): Promise<string> {
  const response = await fetch(`${tally.addresses.admin[name]}/health/ready`);
  return ((await response.json()) as { status: string }).status;
}

async function statuses(names: readonly string[]): Promise<Record<string, string>> {
  const all = await Promise.all(names.map(async (name) => [name, await statusOf(name)] as const));
  return Object.fromEntries(all);
}

let sent = 0;
async function sendEvent(): Promise<string> {
  const response = await tally.ask('/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: `readiness-${sent++}`, type: 'view', subject: 'video-1' }),
  });
  await response.text();
  if (response.status === 202) return 'taken';
  return [503, 504].includes(response.status) ? 'refused' : `status ${response.status}`;
}

async function askStatistics(subject = 'video-1'): Promise<string> {
  const [from, to] = [Date.now() - 3_600_000, Date.now()].map((ms) =>
    new Date(Math.floor(ms / 60_000) * 60_000).toISOString(),
  );
  const question = `type=view&subject=${subject}&function=count&granularity=total&from=${from}&to=${to}`;
  const response = await tally.ask(`/v1/stats?${question}`);
  await response.text();
  return response.status === 200 ? 'answered' : String(response.status);
}

/** Ids of all services but the gateway's, as others find them. */
async function found(apps: readonly string[]): Promise<string[]> {
  const session = tally.openZooKeeper();
  const registry = new InstanceRegistry(session);
  const watches = [...new Set(apps)].map((app) => registry.watchInstances(app));
  try {
    return await eventually('all are found', () => {
      const ids = watches.flatMap(({ instances }) => instances.map(({ id }) => id));
      return ids.length >= apps.length && ids.sort();
    });
  } finally {
    for (const watch of watches) watch.close();
    await session.close();
  }
}

/** Ends those, waits until all others are as expected, looks, and brings everybody back. */
async function whileAway(
  killed: readonly string[],
  expected: Readonly<Record<string, string>>,
  look: () => Promise<void>,
): Promise<void> {
  const others = Object.keys(expected);
  await tally.stack.crash([...killed]);
  try {
    await eventually(
      'all are as expected',
      async () => {
        expect(await statuses(others)).toEqual(expected);
        return true;
      },
      WAIT,
    );
    await look();
    expect(await statuses(others)).toEqual(expected);
  } finally {
    for (const name of killed) tally.stack.revive(name);
  }
  await eventually(
    'all are ready',
    async () => {
      expect(new Set(Object.values(await statuses(services())))).toEqual(new Set(['ready']));
      return true;
    },
    WAIT,
  );
}

describe('while all are away of', () => {
  it.each(rows().map((row) => [row.away, row] as const))(
    '%s, the others are as the table says',
    async (_, { away, notReady, degraded, events, statistics }) => {
      const killed = tally.stack.names.filter((name) => appOf(name) === away);
      expect(killed).not.toEqual([]);
      const others = services().filter((name) => !killed.includes(name));
      const expected = Object.fromEntries(
        others.map((name) => {
          const app = appOf(name);
          if (notReady.includes(app)) return [name, 'not_ready'];
          return [name, degraded.includes(app) ? 'degraded' : 'ready'];
        }),
      );
      await whileAway(killed, expected, async () => {
        expect({ events: await sendEvent(), statistics: await askStatistics() }).toEqual({
          events,
          statistics,
        });
        // Ready or not: whoever listens is found.
        if (away !== 'zookeeper')
          expect(await found(others.map(appOf))).toEqual([...others].sort());
      });
    },
    120_000,
  );
});

it('one shard is away: its shard-proxy is not ready, and subjects of the other are answered', async () => {
  const expected = Object.fromEntries(
    services().map((name) => {
      if (name === 'shard-proxy-1') return [name, 'not_ready'];
      return [name, appOf(name) === 'processor' ? 'degraded' : 'ready'];
    }),
  );
  await whileAway(['postgres-1'], expected, async () => {
    expect(await sendEvent()).toBe('taken');
    const subjects = Array.from({ length: 16 }, (_, n) => `video-${n}`);
    const answers = await Promise.all(subjects.map((subject) => askStatistics(subject)));
    expect(new Set(answers)).toEqual(new Set(['answered', '503']));
  });
}, 120_000);
