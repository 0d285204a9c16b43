import { EVENT_TYPES_NODE } from '@tally/contracts';
import {
  INSTALLATION_NODE,
  parseEventsTopic,
  parseInstallation,
  SHARD_MAP_NODE,
  TOPICS_NODE,
  type Installation,
  type ZooKeeperClaim,
} from '@tally/placement';
import { ConfigNode, type ConfigValue, type ZooKeeperSession } from '@tally/zookeeper';

/** What ZooKeeper says of its installation, and the node that says it. */
export interface ZooKeeperReading {
  readonly claim: ZooKeeperClaim;
  readonly installation: ConfigValue<Installation> | undefined;
}

/** TallyError `unavailable` or `deadline_exceeded` without ZooKeeper, `internal` at a node that is none. */
export async function readZooKeeperClaim(session: ZooKeeperSession): Promise<ZooKeeperReading> {
  const [installation, topic, shardMap, versions] = await Promise.all([
    new ConfigNode({ session, path: INSTALLATION_NODE, parse: parseInstallation }).read(),
    new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic }).read(),
    session.get(SHARD_MAP_NODE),
    session.children(EVENT_TYPES_NODE),
  ]);
  return {
    installation,
    claim: {
      id: installation?.value.id,
      topic: topic?.value.name ?? installation?.value.kept.topic,
      isEmpty: topic === undefined && shardMap === undefined && versions.length === 0,
    },
  };
}
