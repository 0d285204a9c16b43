import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@tally/testing';
import { readStats, untilAnswered, type StatsAnswer } from '@tally/client';
import { HOUR_MS, MINUTE_MS } from '@tally/contracts';
import { Stack, type Instances } from '@tally/tools';
import { settingsOf } from './postgres-settings.js';
import type { Candidate } from './candidate.js';

const COUNTED_WITHIN_MS = 5 * MINUTE_MS;

export interface TallyOptions {
  /** Where each service leaves a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
  readonly instances: Instances;
}

/** All of Tally on ports and data of its own. */
export async function startTally({ profileDir, instances }: TallyOptions): Promise<Candidate> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-load-'));
  const { stack, addresses } = await Stack.start({
    dir,
    ports: 'any',
    instances,
    report: () => undefined,
    nodeArgs: (name) =>
      profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profileDir, name)}`],
  });
  const { gateway, gateways, shards, admin } = addresses;
  const ask = (type: string, subjects: readonly string[]): Promise<StatsAnswer> => {
    const hour = (offset: number) =>
      new Date(Math.ceil(Date.now() / HOUR_MS + offset) * HOUR_MS).toISOString();
    const [from, to] = [hour(-4), hour(1)];
    const target = { gateway, apiKey: '' };
    const question = { type, subjects, functions: ['count'], from, to } as const;
    return untilAnswered(() => readStats(target, question), COUNTED_WITHIN_MS);
  };
  const asOf = async () => Date.parse((await ask('view', ['video-1'])).meta.asOf ?? '');
  return {
    name: 'Tally',
    urls: gateways.map((url) => `${url}/v1/events`),
    processes: new Map(stack.names.map((name) => [name, stack.process(name).pid ?? 0])),
    settings: [
      ...(await settingsOf(shards[0] ?? '')),
      'log: one node, acks all, fdatasync before each acknowledgement',
      `${shards.length} shards, 16 partitions, ${describeInstances(instances)}`,
      `tracing ${process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] === undefined ? 'off' : 'on'}`,
    ],
    counted: async () => {
      const now = Date.now();
      await eventually('all is counted', async () => (await asOf()) > now, {
        timeoutMs: COUNTED_WITHIN_MS,
        intervalMs: 50,
      });
    },
    countsOf: async (type, subjects) =>
      new Map(
        (await ask(type, subjects)).series.map(({ subject, points }) => [
          subject,
          Number(points[0]?.count ?? 0),
        ]),
      ),
    syncs: async () => {
      const metrics = await (await fetch(`${admin['partition-log']}/metrics`)).text();
      return Number(/^tally_log_sync_seconds_count (\d+)$/m.exec(metrics)?.[1] ?? 0);
    },
    age: async () => Date.now() - (await asOf()),
    stop: async () => {
      await stack.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** In words. */
function describeInstances(instances: Instances): string {
  const several = Object.entries(instances).filter(([, count]) => count > 1);
  if (several.length === 0) return 'one process of each service';
  return `${several.map(([app, count]) => `${count} of ${app}`).join(', ')}, one of each other service`;
}
