import {
  Listeners,
  type NodeValue,
  type Unsubscribe,
  type ZooKeeperSession,
} from '@tally/zookeeper';
import { decodeInstance, type ServiceInstance } from './service-instance.js';

/** Where a caller learns which instances there are. */
export interface InstanceSource {
  /** In the order of their ids. A new array after every change. */
  readonly instances: ReadonlyArray<ServiceInstance>;
  onChange(listener: (instances: ReadonlyArray<ServiceInstance>) => void): Unsubscribe;
}

interface Entry {
  instance: ServiceInstance | undefined;
  readonly unwatch: Unsubscribe;
}

/**
 * The instances of one service, kept while ZooKeeper is away. After an outage that we noticed too,
 * others may have to register again: for `graceMs` after each reconnect an instance that vanished is
 * still listed. A caller that meets a dead one ejects it (see Balancer); a caller with no instance
 * can do nothing.
 */
export class InstanceWatch implements InstanceSource {
  private readonly entries = new Map<string, Entry>();
  private readonly listeners = new Listeners<ReadonlyArray<ServiceInstance>>();
  private readonly ends: Unsubscribe[];
  private names: readonly string[] = [];
  private list: ReadonlyArray<ServiceInstance> = [];
  private graceEndsMs = -Infinity;
  private sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly session: ZooKeeperSession,
    /** Of the service's node, relative to the session's root. */
    private readonly path: string,
    graceMs: number,
  ) {
    this.ends = [
      // Before the watch, so that the grace is known when the first list after a reconnect comes.
      session.onState((state) => {
        if (state === 'closed') this.close();
        if (state !== 'connected') return;
        this.graceEndsMs = session.now() + graceMs;
        this.removeVanished();
      }),
      session.watchChildren(path, (names) => this.reconcile(names)),
    ];
  }

  get instances(): ReadonlyArray<ServiceInstance> {
    return this.list;
  }

  onChange(listener: (instances: ReadonlyArray<ServiceInstance>) => void): Unsubscribe {
    return this.listeners.add(listener);
  }

  /** The list stays as it is then. Also done by the end of the session object. */
  close(): void {
    clearTimeout(this.sweep);
    for (const end of this.ends) end();
    for (const { unwatch } of this.entries.values()) unwatch();
  }

  private reconcile(names: readonly string[]): void {
    this.names = names;
    for (const name of names) {
      if (this.entries.has(name)) continue;
      const unwatch = this.session.watchData(`${this.path}/${name}`, (node) =>
        this.read(name, node),
      );
      this.entries.set(name, { instance: undefined, unwatch });
    }
    this.removeVanished();
  }

  private read(name: string, node: NodeValue | undefined): void {
    const entry = this.entries.get(name);
    // Absence is for the list of children to say, which knows the grace.
    if (entry === undefined || node === undefined) return;
    const decoded = decodeInstance(node.data);
    if (decoded.kind === 'instance') {
      entry.instance = decoded.instance;
    } else {
      const { reason } = decoded;
      this.session.logger.warn({ path: this.path, name, reason }, 'an instance was skipped');
      entry.instance = undefined;
    }
    this.publish();
  }

  private removeVanished(): void {
    clearTimeout(this.sweep);
    const vanished = [...this.entries].filter(([name]) => !this.names.includes(name));
    const graceMs = this.graceEndsMs - this.session.now();
    // Away again: the next connection comes back to it.
    if (this.session.state !== 'connected') return;
    if (vanished.length > 0 && graceMs > 0) {
      this.sweep = setTimeout(() => this.removeVanished(), graceMs);
      return;
    }
    for (const [name, { unwatch }] of vanished) {
      unwatch();
      this.entries.delete(name);
    }
    this.publish();
  }

  private publish(): void {
    const found = [...this.entries.values()].flatMap(({ instance }) => instance ?? []);
    found.sort((left, right) => (left.id < right.id ? -1 : 1));
    const same =
      found.length === this.list.length && found.every((item, index) => item === this.list[index]);
    if (same) return;
    this.list = found;
    this.listeners.emit(found);
  }
}
