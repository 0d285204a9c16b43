import {
  CONFIG_RESOURCE,
  CONFIG_SOURCE,
  KAFKA_ERRORS,
  type ConfigResource,
  type KafkaError,
} from '@tally/kafka-wire';
import type { SegmentLog, TopicConfigs } from '@tally/segment-log';
import type { Handler } from '../server/request-router.js';
import { isInternal } from './internal-topics.js';
import {
  changeTopicConfigs,
  describeTopicConfigs,
  parseTopicConfigs,
  type DescribedConfig,
  type ParsedConfigs,
} from './topic-configs.js';

/** What clients ask of a broker; fixed. */
const BROKER_CONFIGS: readonly DescribedConfig[] = [
  ['auto.create.topics.enable', 'false'],
  ['delete.topic.enable', 'true'],
  ['default.replication.factor', '1'],
].map(([name = '', value = '']) => ({
  name,
  value,
  readOnly: true,
  source: CONFIG_SOURCE.staticBroker,
}));

export function describeConfigsHandler(
  log: SegmentLog,
  nodeId: number,
): Handler<'describeConfigs'> {
  return ({ resources }) => ({
    resources: onceEach(resources).map(({ type, name, names }) => {
      const configs = configsOf(log, nodeId, { type, name });
      if (typeof configs === 'string') return refused({ type, name }, configs);
      return {
        ...answered({ type, name }),
        configs: configs.filter((config) => names === null || names.includes(config.name)),
      };
    }),
  });
}

export function alterConfigsHandler(log: SegmentLog): Handler<'alterConfigs'> {
  return ({ resources, validateOnly }) =>
    alter(log, resources, validateOnly, (topic, _configs, entries) =>
      parseTopicConfigs(topic, entries),
    );
}

/** Changes what is named and leaves the rest; AlterConfigs forgets what is not named. */
export function incrementalAlterConfigsHandler(
  log: SegmentLog,
): Handler<'incrementalAlterConfigs'> {
  return ({ resources, validateOnly }) => alter(log, resources, validateOnly, changeTopicConfigs);
}

async function alter<Entry>(
  log: SegmentLog,
  resources: readonly (ConfigResource & { readonly configs: readonly Entry[] })[],
  validateOnly: boolean,
  parse: (topic: string, configs: TopicConfigs, entries: readonly Entry[]) => ParsedConfigs,
) {
  const results = [];
  for (const { type, name, configs } of resources) {
    const topic = type === CONFIG_RESOURCE.topic ? log.topic(name) : undefined;
    if (topic === undefined || isInternal(name)) {
      results.push(refused({ type, name }, 'UNKNOWN_TOPIC_OR_PARTITION'));
      continue;
    }
    let parsed = parse(name, topic.configs, configs);
    const change = (current: TopicConfigs) => {
      // Another change may have come first.
      parsed = parse(name, current, configs);
      return parsed.kind === 'valid' ? parsed.configs : undefined;
    };
    const outcome = validateOnly ? 'unchanged' : await log.configureTopic(topic, change);
    if (parsed.kind === 'invalid')
      results.push(refused({ type, name }, 'INVALID_CONFIG', parsed.message));
    else if (outcome === 'failed') results.push(refused({ type, name }, 'KAFKA_STORAGE_ERROR'));
    else results.push(answered({ type, name }));
  }
  return { resources: results };
}

function configsOf(
  log: SegmentLog,
  nodeId: number,
  { type, name }: ConfigResource,
): readonly DescribedConfig[] | KafkaError {
  if (type === CONFIG_RESOURCE.broker) {
    return name === String(nodeId) || name === '' ? BROKER_CONFIGS : 'INVALID_REQUEST';
  }
  if (type !== CONFIG_RESOURCE.topic) return 'INVALID_REQUEST';
  const topic = log.topic(name);
  return topic === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : describeTopicConfigs(topic.configs);
}

/** One that is named a thousand times is described once: an answer must not outgrow its request. */
function onceEach<R extends ConfigResource>(resources: readonly R[]): R[] {
  return [
    ...new Map(
      resources.map((resource) => [`${resource.type} ${resource.name}`, resource]),
    ).values(),
  ];
}

function answered(resource: ConfigResource) {
  return { ...resource, errorCode: KAFKA_ERRORS.NONE, errorMessage: null };
}

function refused(resource: ConfigResource, error: KafkaError, errorMessage: string | null = null) {
  return { ...resource, errorCode: KAFKA_ERRORS[error], errorMessage, configs: [] };
}
