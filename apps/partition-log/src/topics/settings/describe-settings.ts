import { CONFIG_SOURCE, type ConfigValue, type ToldConfig } from '@tally/kafka-wire';
import type { TopicConfigs } from '@tally/segment-log';
import { TOPIC_SETTINGS } from './topic-settings.js';

/** All settings of a topic, with the defaults of those that were not set. `segmentBytes`: those of the node. */
export function describeTopicConfigs(configs: TopicConfigs, segmentBytes: number): ToldConfig[] {
  return [...TOPIC_SETTINGS].map(([name, { kind, fallback, ofNode, doc }]) => {
    const own: readonly ConfigValue[] =
      configs[name] === undefined
        ? []
        : [{ name, value: configs[name], source: CONFIG_SOURCE.topic }];
    const otherwise: ConfigValue = {
      name: ofNode ?? name,
      value: name === 'segment.bytes' ? String(segmentBytes) : fallback,
      source: CONFIG_SOURCE.default,
    };
    const { value, source } = own[0] ?? otherwise;
    return {
      name,
      value,
      source,
      readOnly: false,
      synonyms: ofNode === undefined ? own : [...own, otherwise],
      type: kind.type,
      documentation: doc,
    };
  });
}
