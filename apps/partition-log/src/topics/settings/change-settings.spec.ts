import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CONFIG_OPERATION } from '@tally/kafka-wire';
import { changeTopicConfigs, parseTopicConfigs } from './change-settings.js';
import { describeTopicConfigs } from './describe-settings.js';
import { policyOf, segmentBytesOf } from './settings-in-force.js';
import { TOPIC_SETTINGS } from './topic-settings.js';

const set = (name: string, value: string | null) => parseTopicConfigs('t', [{ name, value }]);
const { append, subtract, set: put, delete: remove } = CONFIG_OPERATION;

describe('a setting of a topic', () => {
  it.each([
    ['cleanup.policy', 'compact,delete'],
    ['cleanup.policy', 'delete , compact'],
    ['compression.type', 'zstd'],
    ['delete.retention.ms', '0'],
    ['file.delete.delay.ms', '1000'],
    ['flush.messages', '9223372036854775807'],
    ['flush.ms', '1'],
    ['follower.replication.throttled.replicas', '0:1,1:1'],
    ['index.interval.bytes', '4096'],
    ['leader.replication.throttled.replicas', '*'],
    ['leader.replication.throttled.replicas', ''],
    ['max.compaction.lag.ms', '1'],
    ['max.message.bytes', '0'],
    ['message.downconversion.enable', 'FALSE'],
    ['message.format.version', '2.3-IV1'],
    ['message.format.version', '0.10.2'],
    ['message.timestamp.difference.max.ms', '0'],
    ['message.timestamp.type', 'LogAppendTime'],
    ['min.cleanable.dirty.ratio', '0.5'],
    ['min.cleanable.dirty.ratio', '1'],
    ['min.compaction.lag.ms', '60000'],
    ['min.insync.replicas', '3'],
    ['preallocate', 'true'],
    ['retention.bytes', '-1'],
    ['retention.ms', '9223372036854775807'],
    ['segment.bytes', '14'],
    ['segment.index.bytes', '2147483647'],
    ['segment.jitter.ms', '0'],
    ['segment.ms', '1'],
    ['unclean.leader.election.enable', 'true'],
  ])('%s can be %j', (name, value) => {
    expect(set(name, value)).toEqual({ kind: 'valid', configs: { [name]: value } });
  });

  it.each([
    ['cleanup.policy', 'delete,shrink'],
    ['cleanup.policy', ''],
    ['cleanup.policy', 'delete,'],
    ['compression.type', 'brotli'],
    ['flush.messages', '9223372036854775808'],
    ['follower.replication.throttled.replicas', '0-1'],
    ['max.compaction.lag.ms', '0'],
    ['max.message.bytes', '2147483648'],
    ['message.downconversion.enable', 'yes'],
    ['message.format.version', 'new'],
    ['min.cleanable.dirty.ratio', '1.1'],
    ['min.cleanable.dirty.ratio', 'NaN'],
    ['min.insync.replicas', '0'],
    ['retention.ms', '-2'],
    ['retention.ms', '1e3'],
    ['retention.ms', ' 1'],
    ['retention.ms', ''],
    ['segment.bytes', '13'],
    ['segment.bytes', '1'.repeat(30_000)],
    ['unclean.leader.election.enable', '1'],
  ])('%s cannot be %j, and it is said what can', (name, value) => {
    expect(set(name, value)).toMatchObject({
      kind: 'invalid',
      error: 'INVALID_CONFIG',
      message: expect.stringMatching(
        `^${name.replaceAll('.', String.raw`\.`)} cannot be .*: expected `,
      ) as unknown,
    });
  });

  it('has a default that it takes itself, a sentence for clients and a row in the README', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
    expect(TOPIC_SETTINGS.size).toBe(26);
    for (const [name, { kind, fallback, doc }] of TOPIC_SETTINGS) {
      expect([name, kind.isValid(fallback)]).toEqual([name, true]);
      expect(doc).toMatch(/^[A-Z].*\.$/);
      expect(readme).toContain(`\`${name}\``);
    }
  });

  it('that is there twice, or that there is not, is refused', () => {
    const twice = [1, 2].map((value) => ({ name: 'retention.ms', value: String(value) }));
    expect(parseTopicConfigs('t', twice)).toMatchObject({ error: 'INVALID_REQUEST' });
    const changes = twice.map((one) => ({ ...one, operation: put }));
    expect(changeTopicConfigs('t', {}, changes)).toMatchObject({ error: 'INVALID_REQUEST' });
    expect(set('retention.msec', '1')).toMatchObject({ error: 'INVALID_CONFIG' });
    expect(set('toString', '1')).toMatchObject({ error: 'INVALID_CONFIG' });
    expect(set('__proto__', '1')).toMatchObject({ error: 'INVALID_CONFIG' });
  });

  it('does not contradict another one', () => {
    const lags = [
      { name: 'min.compaction.lag.ms', value: '2' },
      { name: 'max.compaction.lag.ms', value: '1' },
    ];
    expect(parseTopicConfigs('t', lags)).toMatchObject({ error: 'INVALID_CONFIG' });
  });
});

describe('the topics that systems make', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['Connect', { 'cleanup.policy': 'compact' }],
    [
      'Streams, for repartitions',
      {
        'cleanup.policy': 'delete',
        'segment.bytes': '52428800',
        'retention.ms': '-1',
        'message.timestamp.type': 'CreateTime',
      },
    ],
    [
      'Streams, for windows',
      {
        'cleanup.policy': 'compact,delete',
        'retention.ms': '86460000',
        'message.timestamp.type': 'CreateTime',
      },
    ],
    ['a registry of schemas', { 'cleanup.policy': 'compact' }],
  ])('%s: their settings are taken as they come', (_system, configs) => {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    expect(parseTopicConfigs('t', entries)).toEqual({ kind: 'valid', configs });
  });
});

describe('a list', () => {
  const change = (
    configs: Readonly<Record<string, string>>,
    name: string,
    operation: number,
    value: string | null,
  ) => changeTopicConfigs('t', configs, [{ name, operation, value }]);
  const policy = 'cleanup.policy';
  const throttled = 'leader.replication.throttled.replicas';
  const valid = (name: string, value: string) => ({ kind: 'valid', configs: { [name]: value } });

  it('gets what it does not have yet, and begins with its default', () => {
    expect(change({}, policy, append, 'compact')).toEqual(valid(policy, 'delete,compact'));
    expect(change({ [policy]: 'compact' }, policy, append, 'compact,delete')).toEqual(
      valid(policy, 'compact,delete'),
    );
    expect(change({}, throttled, append, '0:1')).toEqual(valid(throttled, '0:1'));
  });

  it('loses what is taken, and is refused where what is left means nothing', () => {
    const both = { [policy]: 'compact,delete' };
    expect(change(both, policy, subtract, ' compact ')).toEqual(valid(policy, 'delete'));
    expect(change(both, policy, subtract, 'compact,delete')).toMatchObject({
      error: 'INVALID_CONFIG',
    });
    expect(change({ [throttled]: '0:1' }, throttled, subtract, '0:1,5:5')).toEqual(
      valid(throttled, ''),
    );
    expect(change(both, policy, append, 'shrink')).toMatchObject({ error: 'INVALID_CONFIG' });
  });

  it('is as long as an answer can tell, and no longer', () => {
    const replicas = (from: number) =>
      Array.from({ length: 5000 }, (_, at) => `${from + at}:1`).join(',');
    const full = { [throttled]: replicas(10_000).slice(0, 31_999) };
    expect(change({}, throttled, put, full[throttled] ?? '').kind).toBe('valid');
    expect(change(full, throttled, append, replicas(50_000).slice(0, 7_999))).toMatchObject({
      error: 'INVALID_CONFIG',
      message: expect.stringContaining('at most 32767') as unknown,
    });
  });

  it('is none where a setting has one value', () => {
    expect(change({}, 'retention.ms', append, '1')).toMatchObject({ error: 'INVALID_CONFIG' });
    expect(change({}, policy, append, null)).toMatchObject({ error: 'INVALID_REQUEST' });
    expect(change({}, policy, 4, 'compact')).toMatchObject({ error: 'INVALID_CONFIG' });
    expect(change({ [policy]: 'compact' }, policy, remove, null)).toEqual({
      kind: 'valid',
      configs: {},
    });
  });
});

describe('what happens to old records', () => {
  it('is both where the policy names both', () => {
    const configs = { 'cleanup.policy': 'compact,delete', 'retention.ms': '5' };
    expect(policyOf(configs)).toMatchObject({ kind: 'compact', retention: { ms: 5 } });
    expect(policyOf({ ...configs, 'cleanup.policy': 'compact' })).not.toHaveProperty('retention');
    expect(policyOf({ ...configs, 'cleanup.policy': 'delete' })).toMatchObject({ kind: 'delete' });
    const ofEvents = Object.entries(configs).map(([name, value]) => ({ name, value }));
    expect(parseTopicConfigs('events-1', ofEvents)).toMatchObject({ error: 'INVALID_CONFIG' });
  });

  it('follows segments of a size that is not nonsense', () => {
    expect([segmentBytesOf({}), segmentBytesOf({ 'segment.bytes': '14' })]).toEqual([
      Infinity,
      4096,
    ]);
  });
});

describe('a description', () => {
  it('says of each setting where its value is from, and what would hold otherwise', () => {
    const told = describeTopicConfigs({ 'retention.ms': '5' }, 700);
    expect(told.find(({ name }) => name === 'retention.ms')).toMatchObject({
      value: '5',
      source: 1,
      synonyms: [
        { name: 'retention.ms', value: '5', source: 1 },
        { name: 'log.retention.ms', value: '-1', source: 5 },
      ],
    });
    expect(told.find(({ name }) => name === 'segment.bytes')).toMatchObject({
      value: '700',
      source: 5,
    });
  });
});
