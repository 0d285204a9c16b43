import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { ROOT } from '@tally/tools';
import kafkajs, { type Admin } from 'kafkajs';
import { askShards } from './ask-shards.js';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const ADMIN_KEY = 'master';
const PARTITION = 0;
const HALTED = /^tally_processor_halted_partitions(?:\{.*\})? (\d+)$/m;

let tally: PrivateStack;
let admin: Admin;
let topic: string;
beforeAll(async () => {
  const env = { TALLY_ADMIN_KEY: ADMIN_KEY, TALLY_VERIFY_INTERVAL_MS: '1000' };
  // In a closed stack nobody but processors has the right to delete records.
  tally = await startPrivateStack(env, { secure: false });
  const { kafka } = tally.addresses;
  const { NOTHING } = kafkajs.logLevel;
  admin = new kafkajs.Kafka({ brokers: kafka.split(','), logLevel: NOTHING }).admin();
  await admin.connect();
  topic = (await admin.listTopics()).find((name) => name.startsWith('events-')) ?? '';
}, 120_000);
afterAll(async () => {
  await admin.disconnect();
  await tally.stop();
}, 60_000);

const events = Array.from({ length: 200 }, (_, index) => ({
  id: `e${index}`,
  type: 'view',
  subject: 'video',
}));

const send = (some: readonly object[]) =>
  fetch(`${tally.addresses.gateway}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(some),
  });

async function high(): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return Number(offsets.find(({ partition }) => partition === PARTITION)?.high);
}

async function halted(): Promise<number> {
  const metrics = await fetch(`${tally.addresses.admin['processor']}/metrics`);
  return Number(HALTED.exec(await metrics.text())?.[1] ?? Number.NaN);
}

async function covered(): Promise<number> {
  const shards = await askShards<{ readonly to: string }>(
    tally.addresses,
    `SELECT upper(covered)::text AS to FROM coverage WHERE partition = ${PARTITION}`,
  );
  return Math.min(...shards.map(([row]) => Number(row?.to ?? 0)));
}

function tool(...args: readonly string[]) {
  const { gateway } = tally.addresses;
  const env = { ...process.env, TALLY_GATEWAY: gateway, TALLY_ADMIN_KEY: ADMIN_KEY };
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'tools/log'), args, {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const accept = (from: number, to: number) =>
  tool(
    'accept-loss',
    ...['--partition', String(PARTITION), '--from', String(from), '--to', String(to)],
    ...['--by', 'ann', '--reason', 'somebody deleted records'],
  );

describe('records that are gone', () => {
  it('halt their partition until a person accepts it, and then it is counted on', async () => {
    expect((await send(events)).status).toBe(202);
    const end = await high();
    expect(end).toBeGreaterThan(0);
    await eventually('all is counted', async () => (await covered()) >= end);
    // All that was counted goes: what comes again would not be recognised.
    const before = { partition: PARTITION, offset: String(end) };
    await admin.deleteTopicRecords({ topic, partitions: [before] });
    await tally.stack.crash(['processor']);
    tally.stack.revive('processor');
    await eventually('the partition is halted', async () => (await halted()) === 1);

    const beyond = accept(0, end + 1);
    expect(beyond.status).toBe(1);
    expect(beyond.stderr).toContain(`out_of_range: expected offsets below ${end}`);
    const done = accept(0, end);
    expect(done.stderr).toBe('');
    expect(done).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('shard 0 lacks 0, shard 1 lacks 0'),
    });
    await eventually('the partition is counted again', async () => (await halted()) === 0);
    expect((await send([{ id: 'later', type: 'view', subject: 'video' }])).status).toBe(202);

    expect(accept(0, end)).toEqual(done);
    expect(tool('losses').stdout).toContain('given up by ann');
    const booked = await askShards(
      tally.addresses,
      'SELECT accepted_by, lost_records FROM accepted_losses',
    );
    expect(booked).toEqual([0, 1].map(() => [{ accepted_by: 'ann', lost_records: '0' }]));
  }, 120_000);

  it('are given up by nobody who has no admin key', async () => {
    const response = await fetch(`${tally.addresses.gateway}/v1/admin/losses`);
    expect(response.status).toBe(401);
  });
});
