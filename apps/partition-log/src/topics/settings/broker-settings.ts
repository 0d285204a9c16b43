import { CONFIG_SOURCE, CONFIG_TYPE, type ToldConfig } from '@tally/kafka-wire';
import type { PartitionLogConfig } from '../../config.js';
import { DEFAULT_PARTITIONS } from '../default-partitions.js';
import { TOPIC_SETTINGS } from './topic-settings.js';

/** What of its settings a node tells under Kafka's names. */
export type NodeSettings = Pick<
  PartitionLogConfig,
  | 'brokerId'
  | 'logDir'
  | 'segmentBytes'
  | 'maxConnections'
  | 'maxConnectionsPerAddress'
  | 'maxRequestBytes'
  | 'maxFetchBytes'
  | 'idleTimeoutMs'
  | 'groupInitialDelayMs'
  | 'groupMinSessionMs'
  | 'groupMaxSessionMs'
  | 'groupMaxMembers'
>;

type Row = readonly [name: string, type: number, value: string | number | boolean];

/** What clients and tools ask of a broker. All of it is fixed while it runs. */
export function describeBroker(node: NodeSettings): ToldConfig[] {
  const { boolean, int, long, string } = CONFIG_TYPE;
  const ofNode: readonly Row[] = [
    ['log.dirs', string, node.logDir],
    ['broker.id', int, node.brokerId],
    ['connections.max.idle.ms', long, node.idleTimeoutMs],
    ['fetch.max.bytes', int, node.maxFetchBytes],
    ['group.initial.rebalance.delay.ms', int, node.groupInitialDelayMs],
    ['group.max.session.timeout.ms', int, node.groupMaxSessionMs],
    ['group.max.size', int, node.groupMaxMembers],
    ['group.min.session.timeout.ms', int, node.groupMinSessionMs],
    ['log.segment.bytes', int, node.segmentBytes],
    ['max.connections', int, node.maxConnections],
    ['max.connections.per.ip', int, node.maxConnectionsPerAddress],
    ['socket.request.max.bytes', int, node.maxRequestBytes],
  ];
  const fixed: readonly Row[] = [
    ['auto.create.topics.enable', boolean, false],
    ['auto.leader.rebalance.enable', boolean, false],
    ['default.replication.factor', int, 1],
    ['delete.topic.enable', boolean, true],
    ['inter.broker.protocol.version', string, '2.3-IV1'],
    ['log.cleaner.enable', boolean, true],
    ['num.partitions', int, DEFAULT_PARTITIONS],
    ['offsets.topic.replication.factor', int, 1],
  ];
  const known = new Set(ofNode.map(([name]) => name));
  const ofTopics = [...TOPIC_SETTINGS.values()].flatMap(
    ({ ofNode: name, kind, fallback }): Row[] =>
      name === undefined || known.has(name) ? [] : [[name, kind.type, fallback]],
  );
  return [
    ...ofNode.map((row) => told(row, CONFIG_SOURCE.staticBroker)),
    ...[...fixed, ...ofTopics].map((row) => told(row, CONFIG_SOURCE.default)),
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function told([name, type, given]: Row, source: number): ToldConfig {
  const value = String(given);
  const synonyms = [{ name, value, source }];
  return { name, value, source, readOnly: true, synonyms, type, documentation: FIXED };
}

const FIXED = 'Set when the node is started; clients cannot change it.';
