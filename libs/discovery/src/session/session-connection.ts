import { TallyError } from '@tally/contracts';
import { Listeners, type Unsubscribe } from '../listeners.js';
import type { Logger } from '../logger.js';
import { parseConnectString, resolveServers, type Server } from './addresses.js';
import { Backoff } from './backoff.js';
import { Liveness } from './liveness.js';
import { RC } from './native-client.js';
import { assertPath, parentsOf } from './paths.js';
import { SessionHandle, type Reply, type Send, type SessionCredentials } from './session-handle.js';

/**
 * - `connecting`: never connected yet.
 * - `connected`: the server confirmed the session.
 * - `suspended`: the connection is gone, the session may be alive; what it owns is still ours.
 * - `lost`: the session expired, or nothing was heard for so long that it may have; what it owned
 *   is not ours any more. A new session is being opened.
 * - `closed`: by `close()`; final.
 */
export type SessionState = 'connecting' | 'connected' | 'suspended' | 'lost' | 'closed';

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
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** 0 ≤ random() < 1, spreads retries. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Keeps a ZooKeeper session: opens native clients one after the other until `close`, and says what
 * this process may still believe. `ZooKeeperSession` adds the operations.
 */
export abstract class SessionConnection {
  readonly logger: Logger;
  readonly sessionTimeoutMs: number;
  readonly operationTimeoutMs: number;
  readonly now: () => number;
  readonly random: () => number;
  protected readonly root: string;
  private readonly connect: string;
  private readonly servers: readonly Server[];
  private readonly reopen: Backoff;
  private readonly states = new Listeners<SessionState>();
  private readonly nodeEvents = new Map<string, Set<() => void>>();
  private reported: SessionState = 'connecting';
  private handle: SessionHandle | undefined;
  /** The present session, between its first confirmation and its loss. */
  private session:
    { readonly credentials: SessionCredentials; readonly liveness: Liveness } | undefined;
  private currentGeneration = 0;
  private rootExists = false;
  /** Grows when an attempt to connect is given up, so that its late results are dropped. */
  private turn = 0;
  private attempt: NodeJS.Timeout | undefined;
  private lossTimer: NodeJS.Timeout | undefined;
  private heartbeats: NodeJS.Timeout | undefined;

  constructor(options: ZooKeeperSessionOptions) {
    this.logger = options.logger;
    this.connect = options.connect;
    this.servers = parseConnectString(options.connect);
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? 6000;
    this.operationTimeoutMs = options.operationTimeoutMs ?? 5000;
    this.root = assertPath(options.root ?? '/tally');
    this.now = options.now ?? (() => performance.now());
    this.random = options.random ?? Math.random;
    this.reopen = new Backoff({ baseMs: 100, maxMs: 2000, random: this.random });
  }

  /** Begins to connect, and goes on until `close`. Call once. */
  start(): this {
    void this.open();
    return this;
  }

  /** Looks at the clock: `lost` may show here before its listeners were told. */
  get state(): SessionState {
    const believed = this.reported === 'connected' || this.reported === 'suspended';
    return believed && this.outlived ? 'lost' : this.reported;
  }

  /** Counts the sessions of this object from 1; 0 before the first. */
  get generation(): number {
    return this.currentGeneration;
  }

  /** ZooKeeper's id of the present session, hexadecimal, as in a node's `ephemeralOwner`. */
  get sessionId(): string | undefined {
    return this.session?.credentials.sessionId;
  }

  /** Whether what session `generation` owned is still ours at this instant. */
  isAlive(generation: number): boolean {
    const { state } = this;
    return generation === this.generation && (state === 'connected' || state === 'suspended');
  }

  /** Told of every later change; listeners must not throw. */
  onState(listener: (state: SessionState) => void): Unsubscribe {
    return this.states.add(listener);
  }

  /** Resolves when connected; TallyError `unavailable` when not within `timeoutMs`, or closed. */
  whenConnected(timeoutMs = this.operationTimeoutMs): Promise<void> {
    if (this.state === 'connected') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        clearTimeout(timer);
        unsubscribe();
        act();
      };
      const fail = (why: string) =>
        end(() => reject(new TallyError('unavailable', `ZooKeeper at ${this.connect}: ${why}`)));
      const timer = setTimeout(() => fail(`no connection within ${timeoutMs} ms`), timeoutMs);
      const unsubscribe = this.onState((state) => {
        if (state === 'connected') end(resolve);
        if (state === 'closed') fail('the session was closed');
      });
      if (this.reported === 'closed') fail('the session was closed');
    });
  }

  /** Ends the session, and with it all its ephemeral nodes. Operations under way fail. */
  async close(): Promise<void> {
    if (this.reported === 'closed') return;
    const handle = this.release();
    this.enter('closed');
    // Owners stop before their nodes go.
    await new Promise((resolve) => setImmediate(resolve));
    handle?.close();
  }

  /**
   * Sends one request once connected. An unanswered one is sent again if `retry`, else returned for
   * the caller to find out. Past `deadlineMs` (on `now`) it throws.
   */
  protected async request<T>(
    what: string,
    deadlineMs: number,
    retry: boolean,
    send: Send<T>,
  ): Promise<Reply<T> & { readonly generation: number }> {
    for (;;) {
      await this.whenConnected(Math.max(0, deadlineMs - this.now()));
      const { handle, generation } = this;
      if (handle === undefined) continue;
      const reply = await this.within(what, deadlineMs, handle.request(send));
      if (reply.answered && handle === this.handle) this.heard(reply.sentAtMs);
      if (reply.answered || !retry) return { ...reply, generation };
      // The state changes before the replies come; a refused request must not spin.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Tells `listener` of each native event of this path (relative); events may be spurious. */
  protected onNodeEvent(path: string, listener: () => void): Unsubscribe {
    const absolute = this.root + path;
    const listeners = this.nodeEvents.get(absolute) ?? new Set();
    this.nodeEvents.set(absolute, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.nodeEvents.get(absolute) === listeners) {
        this.nodeEvents.delete(absolute);
      }
    };
  }

  private get outlived(): boolean {
    return this.session !== undefined && this.session.liveness.remainingMs <= 0;
  }

  private async within<T>(what: string, deadlineMs: number, reply: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `${what}: no answer from ZooKeeper in time; the outcome is unknown`;
      const fail = () => reject(new TallyError('deadline_exceeded', message));
      timer = setTimeout(fail, Math.max(0, deadlineMs - this.now()));
    });
    try {
      return await Promise.race([reply, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async open(): Promise<void> {
    const { turn, now, sessionTimeoutMs, session } = this;
    const connect = await resolveServers(this.servers);
    if (turn !== this.turn) return;
    if (connect === '') return this.reopenLater('no server has an address');
    const current = (act: () => void) => () => {
      if (this.handle === handle) act();
    };
    const handle = SessionHandle.open(
      { connect, sessionTimeoutMs, now, resume: session?.credentials },
      {
        onConnect: current(() => void this.confirm()),
        onEnd: (reason) => {
          if (this.handle === handle) this.ended(reason);
        },
        onNode: (path) => {
          if (this.handle === handle) this.nodeEvents.get(path)?.forEach((tell) => tell());
        },
      },
    );
    this.handle = handle;
    if (handle === undefined) return this.reopenLater('the native client did not start');
    // Half the session timeout: at two thirds the native client would give up by itself, and close
    // its socket under its own poll (see SessionHandle).
    const endsMs = now() + sessionTimeoutMs / 2;
    this.attempt = setInterval(() => {
      if ((handle.isConnected || handle.isTrying) && now() < endsMs) return;
      const resumed = handle.isConnected && this.session !== undefined;
      // Closing a connected handle ends its session: the owners must know before.
      if (resumed) return this.lose('the server did not confirm it');
      this.reopenLater('no server answered');
    }, 50);
  }

  /** After each connect: `sync` makes the server catch up, so later reads do not go back in time. */
  private async confirm(): Promise<void> {
    const { handle, root } = this;
    if (handle === undefined) return;
    const { credentials } = handle;
    const reply = await handle.request<string>((native, done) =>
      native.a_sync('/', (rc) => done(rc)),
    );
    const rc = reply.rc === RC.ok && !this.rootExists ? await this.createRoot(handle) : reply.rc;
    // Unanswered: the end of the handle follows, or the attempt times out.
    if (this.handle !== handle || rc !== RC.ok) return;
    this.rootExists = true;
    clearInterval(this.attempt);
    this.reopen.reset();
    if (
      this.session !== undefined &&
      this.session.credentials.sessionId !== credentials.sessionId
    ) {
      return this.lose('another session was given');
    }
    if (this.session === undefined) {
      const liveness = new Liveness(this.now, handle.sessionTimeoutMs, reply.sentAtMs);
      this.session = { credentials, liveness };
      this.currentGeneration += 1;
      this.watchLiveness(liveness);
    } else if (!this.heard(reply.sentAtMs)) {
      return;
    }
    this.startHeartbeats(handle, this.session.liveness);
    this.logger.info({ root, generation: this.generation }, 'connected to ZooKeeper');
    this.enter('connected');
  }

  private async createRoot(handle: SessionHandle): Promise<number> {
    for (const path of [...parentsOf(this.root), this.root]) {
      const { rc } = await handle.request((native, done) =>
        native.a_create(path, Buffer.alloc(0), 0, done),
      );
      if (rc !== RC.ok && rc !== RC.nodeExists) return rc;
    }
    return RC.ok;
  }

  /** False when it came too late: what was lost at any instant stays lost. */
  private heard(sentAtMs: number): boolean {
    if (this.outlived) {
      this.lose('an answer came too late');
      return false;
    }
    this.session?.liveness.contact(sentAtMs);
    return true;
  }

  private watchLiveness(liveness: Liveness): void {
    this.lossTimer = setTimeout(() => {
      if (liveness.remainingMs > 0) return this.watchLiveness(liveness);
      this.lose(`nothing heard for nearly ${liveness.sessionTimeoutMs} ms`);
    }, liveness.remainingMs);
  }

  private startHeartbeats(handle: SessionHandle, liveness: Liveness): void {
    let outstanding = false;
    this.heartbeats = setInterval(() => {
      if (outstanding) return;
      outstanding = true;
      const reply = handle.request((native, done) => native.a_exists(this.root, false, done));
      void reply.then(({ answered, sentAtMs }) => {
        outstanding = false;
        if (answered && this.handle === handle) this.heard(sentAtMs);
      });
    }, liveness.heartbeatMs);
  }

  private ended(reason: 'disconnected' | 'expired'): void {
    if (reason === 'expired' && this.session !== undefined) return this.lose('it expired');
    if (this.reported === 'connected') this.enter('suspended');
    this.reopenLater(reason);
  }

  /** The session cannot be relied on any more: tells the owners, and opens another. */
  private lose(reason: string): void {
    const { generation } = this;
    this.logger.warn({ connect: this.connect, generation, reason }, 'the session is lost');
    const handle = this.release();
    this.enter('lost');
    // Connected only if it was our clock that stood still; its nodes then go at once.
    handle?.close();
    this.reopenLater(reason);
  }

  private reopenLater(reason: string): void {
    if (this.reported === 'closed') return;
    this.abandonHandle()?.close();
    const retryMs = this.reopen.nextMs();
    this.logger.warn({ connect: this.connect, reason, retryMs }, 'no connection to ZooKeeper');
    this.attempt = setTimeout(() => void this.open(), retryMs);
  }

  private release(): SessionHandle | undefined {
    clearTimeout(this.lossTimer);
    this.session = undefined;
    return this.abandonHandle();
  }

  private abandonHandle(): SessionHandle | undefined {
    const { handle } = this;
    clearTimeout(this.attempt);
    clearInterval(this.heartbeats);
    this.handle = undefined;
    this.turn += 1;
    return handle;
  }

  private enter(state: SessionState): void {
    if (this.reported === state) return;
    this.reported = state;
    this.states.emit(state);
  }
}
