import { TallyError } from '@tally/contracts';
import { parseEventsTopic, TOPICS_NODE, type EventsTopic } from '@tally/placement';
import { ConfigNode, type Unsubscribe, type ZooKeeperSession } from '@tally/zookeeper';

/** The events topic that ZooKeeper names, followed; the last one known stays without ZooKeeper. */
export class TopicFollower {
  private known: { readonly topic: EventsTopic | undefined } | undefined;
  private readonly unwatch: Unsubscribe;

  constructor(session: ZooKeeperSession) {
    const node = new ConfigNode({ session, path: TOPICS_NODE, parse: parseEventsTopic });
    this.unwatch = node.watch((current) => {
      this.known = { topic: current?.value };
    });
  }

  /** Undefined while none was made. TallyError `unavailable` until ZooKeeper was asked. */
  get(): EventsTopic | undefined {
    if (this.known === undefined)
      throw new TallyError('unavailable', 'the events topic was not read from ZooKeeper yet');
    return this.known.topic;
  }

  close(): void {
    this.unwatch();
  }
}
