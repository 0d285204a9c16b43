import {
  CONFIG_OPERATION,
  CONFIG_RESOURCE,
  KAFKA_ERRORS,
  type ConfigResource,
  type KafkaError,
  type ToldConfig,
} from '@tally/kafka-wire';
import type { SegmentLog, TopicConfigs } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import type { Refusal } from './answer-each.js';
import { inMessage } from './in-message.js';
import { isInternal } from './internal-topics.js';
import { describeBroker, type NodeSettings } from './settings/broker-settings.js';
import {
  changeTopicConfigs,
  parseTopicConfigs,
  type ParsedConfigs,
} from './settings/change-settings.js';
import { describeTopicConfigs } from './settings/describe-settings.js';

export function describeConfigsHandler(
  log: SegmentLog,
  node: NodeSettings,
): Handler<'describeConfigs'> {
  return ({ resources, withSynonyms, withDocumentation }) => ({
    resources: onceEach(resources).map(({ type, name, names }) => {
      const told = configsOf(log, node, { type, name });
      if (isRefusal(told)) return { ...answered({ type, name }, told), configs: [] };
      const wanted = names === null ? undefined : new Set(names);
      const configs = told
        .filter((config) => wanted?.has(config.name) ?? true)
        .map((config) => ({
          ...config,
          synonyms: withSynonyms ? config.synonyms : [],
          documentation: withDocumentation ? config.documentation : null,
        }));
      return { ...answered({ type, name }), configs };
    }),
  });
}

export function alterConfigsHandler(log: SegmentLog, node: NodeSettings): Handler<'alterConfigs'> {
  return ({ resources, validateOnly }) =>
    alter(log, node, resources, validateOnly, (topic, _configs, entries) =>
      parseTopicConfigs(topic, entries),
    );
}

/** Changes what is named and leaves the rest; AlterConfigs forgets what is not named. */
export function incrementalAlterConfigsHandler(
  log: SegmentLog,
  node: NodeSettings,
): Handler<'incrementalAlterConfigs'> {
  return ({ resources, validateOnly }) =>
    alter(log, node, resources, validateOnly, changeTopicConfigs);
}

/** Something that is said of a setting; `operation` is absent in AlterConfigs. */
interface Named {
  readonly name: string;
  readonly operation?: number;
}

async function alter<Entry extends Named>(
  log: SegmentLog,
  node: NodeSettings,
  resources: readonly (ConfigResource & { readonly configs: readonly Entry[] })[],
  validateOnly: boolean,
  parse: (topic: string, configs: TopicConfigs, entries: readonly Entry[]) => ParsedConfigs,
) {
  const results = [];
  for (const { type, name, configs } of resources) {
    const refusal =
      type === CONFIG_RESOURCE.topic
        ? await alterTopic(log, name, validateOnly, (topic, current) =>
            parse(topic, current, configs),
          )
        : refusalToAlter(node, { type, name }, configs);
    results.push(answered({ type, name }, refusal));
  }
  return { resources: results };
}

async function alterTopic(
  log: SegmentLog,
  name: string,
  validateOnly: boolean,
  parse: (topic: string, configs: TopicConfigs) => ParsedConfigs,
): Promise<Refusal | undefined> {
  if (isInternal(name)) {
    const message = `${name} is written by the log alone, and keeps its settings`;
    return ['INVALID_TOPIC_EXCEPTION', message];
  }
  const topic = log.topic(name);
  if (topic === undefined) return unknownTopic(name);
  let parsed = parse(name, topic.configs);
  const change = (current: TopicConfigs) => {
    // Another change may have come first.
    parsed = parse(name, current);
    return parsed.kind === 'valid' ? parsed.configs : undefined;
  };
  const outcome = validateOnly ? 'unchanged' : await log.configureTopic(topic, change);
  if (parsed.kind === 'invalid') return [parsed.error, parsed.message];
  return outcome === 'failed'
    ? ['KAFKA_STORAGE_ERROR', 'the disk of the log is full, or the topic was deleted meanwhile']
    : undefined;
}

/** What clients cannot set they may take back: tools do so when they tidy up, and nothing changes. */
function refusalToAlter(
  node: NodeSettings,
  { type, name }: ConfigResource,
  changes: readonly Named[],
): Refusal | undefined {
  if (type !== CONFIG_RESOURCE.broker) return otherType(type);
  const refusal = otherNode(node, name);
  if (refusal !== undefined) return refusal;
  return changes.every(({ operation }) => operation === CONFIG_OPERATION.delete)
    ? undefined
    : [
        'INVALID_REQUEST',
        'settings of a node are set when it is started: no client can change them',
      ];
}

function configsOf(
  log: SegmentLog,
  node: NodeSettings,
  { type, name }: ConfigResource,
): readonly ToldConfig[] | Refusal {
  if (type === CONFIG_RESOURCE.broker) return otherNode(node, name) ?? describeBroker(node);
  if (type !== CONFIG_RESOURCE.topic) return otherType(type);
  const topic = log.topic(name);
  return topic === undefined
    ? unknownTopic(name)
    : describeTopicConfigs(topic.configs, node.segmentBytes);
}

function isRefusal(told: readonly ToldConfig[] | Refusal): told is Refusal {
  return typeof told[0] === 'string';
}

/** '' is all nodes. */
function otherNode({ brokerId }: NodeSettings, name: string): Refusal | undefined {
  return name === '' || name === String(brokerId)
    ? undefined
    : ['INVALID_REQUEST', `expected node ${brokerId}, got ${inMessage(name)}`];
}

function otherType(type: number): Refusal {
  const { topic, broker } = CONFIG_RESOURCE;
  return [
    'INVALID_REQUEST',
    `expected settings of a topic (${topic}) or a node (${broker}), got type ${type}: there are no others`,
  ];
}

function unknownTopic(name: string): Refusal {
  return ['UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${inMessage(name)}`];
}

/** One that is named a thousand times is described once: an answer must not outgrow its request. */
function onceEach<R extends ConfigResource>(resources: readonly R[]): R[] {
  return [
    ...new Map(
      resources.map((resource) => [`${resource.type} ${resource.name}`, resource]),
    ).values(),
  ];
}

function answered(resource: ConfigResource, refusal?: readonly [KafkaError, string]) {
  const [error, errorMessage] = refusal ?? (['NONE', null] as const);
  return { ...resource, errorCode: KAFKA_ERRORS[error], errorMessage };
}
