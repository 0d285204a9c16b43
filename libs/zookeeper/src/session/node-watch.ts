import { Backoff, CoalescedTask } from '@tally/resilience';
import { deliver, type Unsubscribe } from '../listeners.js';
import type { Logger } from '../logger.js';
import type { NodeValue } from './node-results.js';
import type { SessionBelief } from './session-belief.js';

/** What is watched, and who is told. */
export interface WatchOptions<T> {
  readonly belief: SessionBelief;
  readonly logger: Logger;
  readonly random: () => number;
  readonly path: string;
  /** Reads the node and sets a watch on it, or on its creation. */
  readonly read: () => Promise<T>;
  /** Native events of the path. */
  readonly onEvent: (listener: () => void) => Unsubscribe;
  readonly onChange: (value: T) => void;
}

/**
 * A ZooKeeper watch tells once that something changed, not what, and dies with the session. So each
 * event and each new connection only causes another read, and a read that differs is delivered.
 */
abstract class NodeWatch<T> {
  private last: { readonly value: T } | undefined;
  private ended = false;

  constructor(private readonly options: WatchOptions<T>) {}

  protected abstract isSame(left: T, right: T): boolean;

  /** Ends with the returned function. */
  start(): Unsubscribe {
    const { belief, logger, random, path, onEvent } = this.options;
    const task = new CoalescedTask(() => this.refresh(), {
      backoff: new Backoff({ firstMs: 100, maxMs: 2000, random }),
      onFailure: (error, retryMs) =>
        logger.warn({ error, path, retryMs }, 'a watched node could not be read'),
    });
    const ends = [
      onEvent(() => task.kick()),
      belief.onState((state) => {
        if (state === 'connected') task.kick();
      }),
    ];
    if (belief.state === 'connected') task.kick();
    return () => {
      this.ended = true;
      void task.stop();
      for (const end of ends) end();
    };
  }

  private async refresh(): Promise<void> {
    // Without a connection there is nothing to read; the next one kicks.
    if (this.ended || this.options.belief.state !== 'connected') return;
    const value = await this.options.read();
    if (this.ended || (this.last !== undefined && this.isSame(this.last.value, value))) return;
    this.last = { value };
    deliver(this.options.onChange, value);
  }
}

/** Watches the data of a node. */
export class DataWatch extends NodeWatch<NodeValue | undefined> {
  protected isSame(left: NodeValue | undefined, right: NodeValue | undefined): boolean {
    // A transaction changes a node's data at most once, so its id identifies the value.
    return left?.changeId === right?.changeId;
  }
}

/** Watches the sorted names of a node's children. */
export class ChildrenWatch extends NodeWatch<readonly string[]> {
  protected isSame(left: readonly string[], right: readonly string[]): boolean {
    return left.length === right.length && left.every((name, index) => name === right[index]);
  }
}
