import type { Unsubscribe } from '../listeners.js';
import type { Logger } from '../logger.js';
import { ANY_VERSION, assertSize, assertVersion } from './limits.js';
import { NodeClosing } from './node-closing.js';
import { NodeCreation } from './node-creation.js';
import { NodeEvents } from './node-events.js';
import { NodeRequests } from './node-requests.js';
import type {
  CreateOptions,
  CreateResult,
  DeleteResult,
  NodeValue,
  SetResult,
} from './node-results.js';
import { ChildrenWatch, DataWatch } from './node-watch.js';
import { assertPath } from './paths.js';
import { Requests } from './requests.js';
import { SessionBelief, type SessionState } from './session-belief.js';
import { SessionConnection } from './session-connection.js';
import { TreeClosing } from './tree-closing.js';
import type { ZooKeeperAuth } from './zookeeper-auth.js';

/** Where ZooKeeper is, and how long to wait for it. */
export interface ZooKeeperSessionOptions {
  /** `host:port,host:port`; anything else is a bug: TypeError. */
  readonly connect: string;
  /** Asked for; the server may choose another within 2 to 20 of its ticks. Default 6000. */
  readonly sessionTimeoutMs?: number;
  /** Put before every path; created when missing. Default `/tally`. */
  readonly root?: string;
  /** The bound on every operation, waiting for a connection included. Default 5000. */
  readonly operationTimeoutMs?: number;
  readonly logger: Logger;
  /**
   * Closes every node below the root to everybody else (see readZooKeeperAuth). Default: none, nodes
   * are open to all.
   */
  readonly auth?: ZooKeeperAuth | undefined;
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** 0 ≤ random() < 1, spreads retries. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * A ZooKeeper session that outlives its connections and itself: after an expiry a new one is opened
 * (see `generation`). Paths are relative to the root, e.g. `/services/query`. Every operation waits
 * for a connection and is bounded by `operationTimeoutMs`; what is expected to happen is returned,
 * operational failures throw TallyError: `unavailable` (not connected, or connection lost: a write's
 * outcome is then unknown) or `deadline_exceeded`. A malformed path is a bug: TypeError.
 */
export class ZooKeeperSession {
  readonly logger: Logger;
  /** As asked for. */
  readonly sessionTimeoutMs: number;
  readonly now: () => number;
  readonly random: () => number;
  private readonly root: string;
  private readonly belief: SessionBelief;
  private readonly nodeEvents = new NodeEvents();
  private readonly connection: SessionConnection;
  private readonly requests: Requests;
  private readonly nodes: NodeRequests;
  private readonly creation: NodeCreation;

  constructor(options: ZooKeeperSessionOptions) {
    const { connect, logger, sessionTimeoutMs = 6000, operationTimeoutMs = 5000 } = options;
    const { auth, now = () => performance.now(), random = Math.random } = options;
    const root = assertPath(options.root ?? '/tally');
    const belief = new SessionBelief(now);
    const closing = auth && new NodeClosing(logger);
    const { nodeEvents } = this;
    const connection = new SessionConnection({
      connect,
      sessionTimeoutMs,
      root,
      logger,
      now,
      random,
      belief,
      nodeEvents,
      closed: auth && closing && { auth, closing },
    });
    const requests = new Requests({ connect, operationTimeoutMs, now, belief, connection });
    const nodes = new NodeRequests(requests, root, closing);
    this.logger = logger;
    this.sessionTimeoutMs = sessionTimeoutMs;
    this.now = now;
    this.random = random;
    this.root = root;
    this.belief = belief;
    this.connection = connection;
    this.requests = requests;
    this.nodes = nodes;
    this.creation = new NodeCreation({ requests, nodes, belief, root, closing });
    if (auth !== undefined && closing !== undefined)
      new TreeClosing({ requests, nodes, auth, closing, belief, root, logger, random }).start();
  }

  /** Begins to connect, and goes on until `close`. Call once. */
  start(): this {
    this.connection.open();
    return this;
  }

  /** Looks at the clock: `lost` may show here before its listeners were told. */
  get state(): SessionState {
    return this.belief.state;
  }

  /** Why ZooKeeper does not let this process in, while it does not: a sentence for people. */
  get obstacle(): string | undefined {
    return this.belief.obstacle;
  }

  /** Counts the sessions of this object from 1; 0 before the first. */
  get generation(): number {
    return this.belief.generation;
  }

  /** ZooKeeper's id of the present session, hexadecimal, as in a node's `ephemeralOwner`. */
  get sessionId(): string | undefined {
    return this.belief.credentials?.sessionId;
  }

  /** Whether what session `generation` owned is still ours at this instant. */
  isAlive(generation: number): boolean {
    return this.belief.isAlive(generation);
  }

  /** Told of every later change; listeners must not throw. */
  onState(listener: (state: SessionState) => void): Unsubscribe {
    return this.belief.onState(listener);
  }

  /** Resolves when connected; TallyError `unavailable` when not within `timeoutMs`, or closed. */
  whenConnected(timeoutMs?: number): Promise<void> {
    const deadlineMs =
      timeoutMs === undefined ? this.requests.deadlineMs() : this.now() + timeoutMs;
    return this.requests.connected(deadlineMs);
  }

  /** Ends the session, and with it all its ephemeral nodes. Operations under way fail. */
  close(): Promise<void> {
    return this.connection.close();
  }

  /** Undefined when there is no such node. */
  async get(path: string): Promise<NodeValue | undefined> {
    return this.nodes.read(assertPath(path), false);
  }

  /** Names, sorted; empty when there is no such node. */
  async children(path: string): Promise<readonly string[]> {
    return (await this.nodes.list(assertPath(path), false)) ?? [];
  }

  /**
   * Creates a node, and its parents as persistent nodes. A sequential node is named
   * `<path><uuid>-<10 digits>`. When the connection is lost meanwhile, the node is looked for: by
   * its uuid, or by owner and data; for a persistent, not sequential node this cannot tell our
   * creation from somebody else's with the same data.
   */
  async create(path: string, data: Buffer, options: CreateOptions = {}): Promise<CreateResult> {
    assertPath(path);
    assertSize(path, data);
    return this.creation.create(path, data, options);
  }

  /** Replaces the data if the node still has `version` (optimistic lock). */
  async setWithVersion(path: string, data: Buffer, version: number): Promise<SetResult> {
    assertPath(path);
    assertSize(path, data);
    assertVersion(version);
    return this.nodes.set(path, data, version);
  }

  /** Without `version`: whatever version the node has. */
  async delete(path: string, version?: number): Promise<DeleteResult> {
    assertPath(path);
    if (version !== undefined) assertVersion(version);
    return this.nodes.delete(path, version ?? ANY_VERSION);
  }

  /**
   * Delivers the value now and after every change, the latest only; `undefined` while there is no
   * such node. Goes on through connection losses and new sessions. Nothing is delivered while there
   * is no connection, nor after the returned function was called.
   */
  watchData(path: string, onChange: (node: NodeValue | undefined) => void): Unsubscribe {
    const read = () => this.nodes.read(path, true);
    return new DataWatch({ ...this.watched(path), read, onChange }).start();
  }

  /** As `watchData`, for the sorted names of the children; empty while there is no such node. */
  watchChildren(path: string, onChange: (names: readonly string[]) => void): Unsubscribe {
    const read = async () => (await this.nodes.list(path, true)) ?? [];
    return new ChildrenWatch({ ...this.watched(path), read, onChange }).start();
  }

  private watched(path: string) {
    const { belief, logger, random, nodeEvents, root } = this;
    assertPath(path);
    const onEvent = (listener: () => void) => nodeEvents.on(root + path, listener);
    return { belief, logger, random, path, onEvent };
  }
}
