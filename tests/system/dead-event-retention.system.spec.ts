import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import kafkajs, { type Kafka } from 'kafkajs';
import { forgeRecords } from './forge-records.js';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const ADMIN_KEY = 'master';
const PARTITION = 3;

let tally: PrivateStack;
let kafka: Kafka;

beforeAll(async () => {
  const env = {
    TALLY_ADMIN_KEY: ADMIN_KEY,
    TALLY_DEAD_EVENT_KEEP_MS: '20000',
    TALLY_SETTLED_EVENT_KEEP_MS: '1000',
    TALLY_DEAD_EVENT_LOOK_MS: '100',
  };
  // In a closed stack nobody but partitioners has the right to write events.
  tally = await startPrivateStack(env, { secure: false });
  const brokers = tally.addresses.kafka.split(',');
  kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
}, 120_000);
afterAll(() => tally.stop(), 60_000);

/** A record that is no block. */
const forge = () => forgeRecords(kafka, PARTITION, ['no block']);

/** The log has a clock as long as something comes. */
async function send(): Promise<void> {
  await tally.ask('/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'view', subject: 'video' }),
  });
}

async function metric(line: string): Promise<number | undefined> {
  const response = await fetch(`${tally.addresses.admin['dead-letter-replayer']}/metrics`);
  const text = await response.text();
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

async function admin<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(`${tally.addresses.gateway}/v1/admin/dead-events${path}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

const events = async () => (await admin<{ readonly events: readonly object[] }>('')).events;
const deleted = (state: string) =>
  metric(`tally_dead_events_deleted_total{cause="malformed_record",state="${state}"}`);

describe('dead events', () => {
  it('are said to be open until somebody decides, and go some time after that', async () => {
    await forge();
    await eventually('it is open', async () => {
      return (await metric('tally_dead_events_open{cause="malformed_record"}')) === 1;
    });
    expect(
      await metric('tally_dead_events_oldest_open_seconds{cause="malformed_record"}'),
    ).toBeGreaterThan(0);
    await admin('/discard', { by: 'bob', reason: 'noise', filter: { causes: [] } });
    await eventually('it is deleted', async () => {
      await send();
      return (await deleted('discarded')) === 1;
    });
    expect(await events()).toEqual([]);
    expect(await deleted('open')).toBeUndefined();
    expect(await metric('tally_dead_events_open{cause="malformed_record"}')).toBeUndefined();
  }, 60_000);

  it('go undecided when their time is over, which is counted', async () => {
    await forge();
    await eventually('it is listed', async () => (await events()).length === 1);
    await eventually(
      'it is deleted',
      async () => {
        await send();
        return (await deleted('open')) === 1;
      },
      { timeoutMs: 60_000 },
    );
    expect(await events()).toEqual([]);
  }, 90_000);
});
