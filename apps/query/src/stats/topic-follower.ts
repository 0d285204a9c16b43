import { TallyError } from '@tally/contracts';
import type { InstallationWatch } from '@tally/discovery';
import { parseEventsTopic, TOPICS_NODE, type EventsTopic } from '@tally/placement';
import { ConfigNode, type Unsubscribe, type ZooKeeperSession } from '@tally/zookeeper';

/**
 * The events topic that ZooKeeper names, followed; the last one known stays without ZooKeeper, and when
 * ZooKeeper comes back empty: without a topic everything would look complete.
 */
export class TopicFollower {
  private known: { readonly topic: EventsTopic | undefined } | undefined;
  private readonly unwatch: Unsubscribe;

  constructor(
    session: ZooKeeperSession,
    private readonly installation: Pick<InstallationWatch, 'get'>,
  ) {
    const node = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
    this.unwatch = node.watch((current) => {
      this.known = { topic: current?.value ?? this.known?.topic };
    });
  }

  /**
   * Undefined while none was made. TallyError `unavailable` until ZooKeeper was asked, and while it
   * does not have the topic of its installation.
   */
  get(): EventsTopic | undefined {
    const { kept } = this.installation.get();
    if (this.known === undefined)
      throw new TallyError('unavailable', 'the events topic was not read from ZooKeeper yet');
    const { topic } = this.known;
    if (topic === undefined && kept.topic !== undefined)
      throw new TallyError(
        'unavailable',
        `ZooKeeper does not name the topic ${kept.topic} any more`,
      );
    return topic;
  }

  close(): void {
    this.unwatch();
  }
}
