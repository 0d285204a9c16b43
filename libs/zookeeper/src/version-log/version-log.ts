import { TallyError } from '@tally/contracts';
import { Backoff, CoalescedTask } from '@tally/resilience';
import { deliver, type Unsubscribe } from '../listeners.js';
import { assertPath } from '../session/paths.js';
import type { ZooKeeperSession } from '../session/zookeeper-session.js';

/** Where the versions are, how each is checked, and who is told. */
export interface VersionLogOptions<T> {
  readonly session: ZooKeeperSession;
  /** Of the node above the versions, relative to the session's root, e.g. `/event-types/versions`. */
  readonly path: string;
  /** Checks parsed JSON; throws when it is not a T. T itself must survive JSON.stringify. */
  readonly parse: (value: unknown) => T;
  /** Told of every version once, in order, from 1 on, without gaps. */
  readonly onEntry: (version: number, value: T) => void;
}

const DIGITS = 10;
const VERSION_NAME = /^\d{10}$/;
/** The names of all versions must fit into one answer of ZooKeeper: 1 MiB at 14 bytes each. */
const MAX_VERSIONS = 50_000;
/** Reads under way at once while catching up. */
const READ_BATCH = 64;

/**
 * A log of small JSON documents that all keep for ever: version n is the node named by n in 10
 * digits, made once and never changed. Who wants to add n + 1 knows all up to n; of two who try, one
 * succeeds. A version that is missing holds back those behind it.
 */
export class VersionLog<T> {
  private readonly path: string;
  private readonly task: CoalescedTask;
  private unwatch: Unsubscribe | undefined;
  private latest = 0;
  private caughtUp = false;
  /** The catching up under way: two at once would deliver a version twice. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly options: VersionLogOptions<T>) {
    this.path = assertPath(options.path);
    const { logger, random } = options.session;
    this.task = new CoalescedTask(() => this.catchUp(), {
      backoff: new Backoff({ firstMs: 100, maxMs: 2000, random }),
      onFailure: (error, retryMs) =>
        logger.error({ error, path: this.path, retryMs }, 'versions could not be read'),
    });
  }

  /** Follows the log until `close`. */
  start(): this {
    this.unwatch ??= this.options.session.watchChildren(this.path, () => this.task.kick());
    return this;
  }

  async close(): Promise<void> {
    this.unwatch?.();
    await this.task.stop();
  }

  /** The last version delivered; 0 before the first. */
  get latestVersion(): number {
    return this.latest;
  }

  /** Whether all that was there when it was first looked at was delivered. */
  get isCaughtUp(): boolean {
    return this.caughtUp;
  }

  /**
   * Delivers what is there now and was not delivered yet. TallyError: `unavailable` or
   * `deadline_exceeded` without ZooKeeper, `internal` at a version that `parse` refuses.
   */
  catchUp(): Promise<void> {
    const run = this.last.then(() => this.readOn());
    this.last = run.catch(() => undefined);
    return run;
  }

  /**
   * Adds the version behind the last one delivered, unless somebody did meanwhile: then `catchUp`
   * tells what it says. TallyError `unavailable` when the connection was lost: it may be there.
   */
  async append(
    value: T,
  ): Promise<{ readonly kind: 'appended'; readonly version: number } | { readonly kind: 'taken' }> {
    const version = this.latest + 1;
    if (version > MAX_VERSIONS)
      throw new TallyError('storage_full', `${this.path} has ${MAX_VERSIONS} versions, the most`);
    const text = JSON.stringify(value);
    // What is written must be readable by everybody, us included.
    this.options.parse(JSON.parse(text));
    const result = await this.options.session.create(this.pathOf(version), Buffer.from(text));
    return result.kind === 'created' ? { kind: 'appended', version } : { kind: 'taken' };
  }

  private async readOn(): Promise<void> {
    const { session } = this.options;
    const names = await session.children(this.path);
    const there = new Set(names.filter((name) => VERSION_NAME.test(name)).map(Number));
    while (there.has(this.latest + 1)) {
      const wanted: number[] = [];
      for (let next = this.latest + 1; there.has(next) && wanted.length < READ_BATCH; next++)
        wanted.push(next);
      const nodes = await Promise.all(wanted.map((version) => session.get(this.pathOf(version))));
      for (const [index, node] of nodes.entries()) {
        // Somebody removed it: what is behind has to wait.
        if (node === undefined) return;
        this.deliver(wanted[index] ?? 0, node.data);
      }
    }
    this.caughtUp = true;
  }

  private deliver(version: number, data: Buffer): void {
    let value: T;
    try {
      value = this.options.parse(JSON.parse(data.toString()));
    } catch (cause) {
      const message = `${this.pathOf(version)} is not valid: ${String(cause)}`;
      throw new TallyError('internal', message, { cause });
    }
    this.latest = version;
    deliver(() => this.options.onEntry(version, value), undefined);
  }

  private pathOf(version: number): string {
    return `${this.path}/${String(version).padStart(DIGITS, '0')}`;
  }
}
