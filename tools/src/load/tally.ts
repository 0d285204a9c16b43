import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@tally/testing';
import { Stack } from '../stack/index.js';
import { settingsOf } from './postgres-settings.js';
import type { Candidate } from './candidate.js';

const ROOT = join(import.meta.dirname, '../../..');
const HOUR_MS = 3_600_000;
const COUNTED_WITHIN_MS = 300_000;

interface StatsDocument {
  readonly series: readonly {
    readonly subject: string;
    readonly points: readonly { readonly count: number }[];
  }[];
  readonly meta: { readonly asOf: string | null };
}

export interface TallyOptions {
  /** Where each service leaves a CPU profile when it ends. */
  readonly profileDir?: string | undefined;
}

/** All of Tally on ports and data of its own. */
export async function startTally({ profileDir }: TallyOptions): Promise<Candidate> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-load-'));
  const { stack, addresses } = await Stack.start({
    ...{ root: ROOT, dir, ports: 'any', report: () => undefined },
    ...(profileDir === undefined
      ? {}
      : { nodeArgs: (name) => ['--cpu-prof', `--cpu-prof-dir=${join(profileDir, name)}`] }),
  });
  const { gateway, shards, admin } = addresses;
  const ask = async (type: string, subjects: readonly string[]): Promise<StatsDocument> => {
    const hour = (offset: number) =>
      new Date(Math.ceil(Date.now() / HOUR_MS + offset) * HOUR_MS).toISOString();
    const query = new URLSearchParams({
      ...{ type, function: 'count', granularity: 'total' },
      ...{ from: hour(-4), to: hour(1) },
    });
    for (const subject of subjects) query.append('subject', subject);
    const response = await fetch(`${gateway}/v1/stats?${query.toString()}`);
    const text = await response.text();
    if (response.status !== 200)
      throw new Error(`the gateway answered ${response.status}: ${text}`);
    return JSON.parse(text) as StatsDocument;
  };
  const asOf = async () => Date.parse((await ask('view', ['video-1'])).meta.asOf ?? '');
  return {
    name: 'Tally',
    url: `${gateway}/v1/events`,
    processes: new Map(stack.names.map((name) => [name, stack.process(name).pid ?? 0])),
    settings: [
      ...(await settingsOf(shards[0] ?? '')),
      'log: one node, acks all, fdatasync before each acknowledgement',
      `${shards.length} shards, 16 partitions`,
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
          points[0]?.count ?? 0,
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
