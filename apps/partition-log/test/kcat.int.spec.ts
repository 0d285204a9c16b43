import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AT, ATTRIBUTES, BATCH_HEADER_BYTES } from '@tally/kafka-wire';
import { eventually } from '@tally/testing';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import type { Admin } from 'kafkajs';
import { Kcat, kcat } from './support/kcat.js';
import { LogProcess } from './support/log-process.js';
import { fetchBytes } from './support/requests.js';

const log = new LogProcess();
let admin: Admin;
const members: Kcat[] = [];
beforeAll(async () => {
  await log.start();
  admin = log.client().admin();
  await admin.connect();
}, 60_000);
afterAll(async () => {
  await Promise.all(members.map((member) => member.kill()));
  await admin?.disconnect();
  await log.stop();
}, 60_000);

const values = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `value ${from + index} ${'.'.repeat(40)}`);
const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');

async function topic(name: string, numPartitions = 1): Promise<string> {
  await admin.createTopics({ topics: [{ topic: name, numPartitions }] });
  return name;
}

function consume(name: string): Promise<string[]> {
  return kcat(log.port, ['-C', '-t', name, '-p', '0', '-o', 'beginning', '-e', '-f', '%o %s\n']);
}

const inOrder = (texts: readonly string[]) => texts.map((text, offset) => `${offset} ${text}`);

describe('kcat', () => {
  it('lists brokers and topics with their partitions', async () => {
    await topic('listed', 3);
    const text = (await kcat(log.port, ['-L', '-J'])).join('\n');
    const metadata = JSON.parse(text) as {
      readonly brokers: readonly unknown[];
      readonly topics: readonly { readonly topic: string; readonly partitions: unknown[] }[];
    };
    expect(metadata.brokers).toEqual([{ id: 1, name: `127.0.0.1:${log.port}` }]);
    const listed = metadata.topics.find(({ topic: name }) => name === 'listed');
    expect(listed?.partitions).toEqual(
      [0, 1, 2].map((partition) => ({
        partition,
        leader: 1,
        replicas: [{ id: 1 }],
        isrs: [{ id: 1 }],
      })),
    );
  });

  it.each([
    ['none', 0],
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
  ])('reads back what it has written with compression %s, stored as it came', async (codec, id) => {
    const name = await topic(`compressed-${codec}`);
    const sent = values(200);
    await kcat(log.port, ['-P', '-t', name, '-p', '0', '-z', codec], lines(sent));
    expect(await consume(name)).toEqual(inOrder(sent));
    const client = await KafkaConnection.open(log.port);
    const stored = await fetchBytes(client, name, 0);
    client.close();
    expect(stored.length).toBeGreaterThan(BATCH_HEADER_BYTES);
    expect(stored.readInt16BE(AT.attributes) & ATTRIBUTES.codecMask).toBe(id);
  });

  it('looks records up by their time', async () => {
    const name = await topic('timed');
    await kcat(log.port, ['-P', '-t', name, '-p', '0'], lines(['early']));
    const [first] = await kcat(log.port, ['-C', '-t', name, '-p', '0', '-e', '-f', '%T\n']);
    await eventually('the clock goes on', () => Date.now() > Number(first));
    await kcat(log.port, ['-P', '-t', name, '-p', '0'], lines(['late']));
    const from = `s@${Number(first) + 1}`;
    expect(
      await kcat(log.port, ['-C', '-t', name, '-p', '0', '-o', from, '-e', '-f', '%s\n']),
    ).toEqual(['late']);
  });

  it('is an idempotent producer, with sequence numbers in what it sends', async () => {
    const name = await topic('idempotent');
    const sent = values(3000);
    const settings = ['-X', 'enable.idempotence=true', '-X', 'batch.num.messages=100'];
    await kcat(log.port, ['-P', '-t', name, '-p', '0', ...settings], lines(sent));
    expect(await consume(name)).toEqual(inOrder(sent));
    const client = await KafkaConnection.open(log.port);
    const stored = await fetchBytes(client, name, 0);
    client.close();
    expect(stored.readBigInt64BE(AT.producerId)).toBeGreaterThan(0n);
    expect(stored.readInt32BE(AT.baseSequence)).toBe(0);
  });

  it('shares partitions among three members, and two go on with all of them and where the third was', async () => {
    const name = await topic('shared', 6);
    const join = () =>
      new Kcat(log.port, [
        ...['-q', '-G', 'trio', name, '-u', '-f', '%p %o\n'],
        ...['-X', 'auto.offset.reset=earliest', '-X', 'session.timeout.ms=6000'],
        ...['-X', 'heartbeat.interval.ms=200', '-X', 'auto.commit.interval.ms=100'],
      ]);
    members.push(join(), join(), join());
    const size = async () => {
      const { groups } = await admin.describeGroups(['trio']);
      return groups[0]?.state === 'Stable' ? groups[0].members.length : 0;
    };
    await eventually('three are in', async () => (await size()) === 3, { timeoutMs: 20_000 });
    const produceToAll = async (from: number) => {
      const runs = Array.from({ length: 6 }, (_, partition) =>
        kcat(log.port, ['-P', '-t', name, '-p', `${partition}`], lines(values(10, from))),
      );
      await Promise.all(runs);
    };
    const read = () => members.flatMap((member) => member.lines);
    await produceToAll(0);
    await eventually('all is read', () => read().length >= 60, { timeoutMs: 20_000 });
    for (const member of members) {
      expect(new Set(member.lines.map((line) => line.split(' ')[0])).size).toBe(2);
    }
    await members[0]?.stop();
    await eventually('two are left', async () => (await size()) === 2, { timeoutMs: 20_000 });
    await produceToAll(10);
    await eventually('the rest is read', () => read().length >= 120, { timeoutMs: 20_000 });
    const each = Array.from({ length: 6 }, (_, partition) =>
      Array.from({ length: 20 }, (_unused, offset) => `${partition} ${offset}`),
    ).flat();
    expect(read().toSorted()).toEqual(each.toSorted());
    await Promise.all(members.splice(0).map((member) => member.stop()));
    const [committed] = await admin.fetchOffsets({ groupId: 'trio', topics: [name] });
    expect(committed?.partitions.map(({ offset }) => offset)).toEqual(Array(6).fill('20'));
  }, 90_000);
});
