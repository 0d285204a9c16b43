import { Backoff } from '@tally/resilience';
import type { Logger } from '../logger.js';
import { parseConnectString, resolveServers, type Server } from './addresses.js';
import { catchUp } from './catch-up.js';
import { addAuth, closeRoot } from './enter.js';
import { Heartbeats } from './heartbeats.js';
import type { Liveness } from './liveness.js';
import type { NodeClosing } from './node-closing.js';
import type { NodeEvents } from './node-events.js';
import type { SessionBelief } from './session-belief.js';
import { SessionHandle, type Reply, type Send } from './session-handle.js';
import type { ZooKeeperAuth } from './zookeeper-auth.js';

/** Where to connect to, and whom to tell. */
export interface SessionConnectionOptions {
  readonly connect: string;
  readonly sessionTimeoutMs: number;
  /** Absolute; created when missing. */
  readonly root: string;
  readonly logger: Logger;
  readonly now: () => number;
  readonly random: () => number;
  readonly belief: SessionBelief;
  readonly nodeEvents: NodeEvents;
  /** None: this session is anybody, and what it makes is open to all. */
  readonly closed: { readonly auth: ZooKeeperAuth; readonly closing: NodeClosing } | undefined;
}

/** How often an attempt to connect is looked at: the native client may stop without a word. */
const LOOK_MS = 50;

/**
 * Keeps one native client after the other connected, from `open` until `close`, and says to the
 * belief what it learns of the session thereby.
 */
export class SessionConnection {
  private readonly servers: readonly Server[];
  private readonly reopen: Backoff;
  private readonly heartbeats = new Heartbeats();
  private handle: SessionHandle | undefined;
  private rootExists = false;
  /** Grows when an attempt to connect is given up, so that its late results are dropped. */
  private turn = 0;
  private attempt: NodeJS.Timeout | undefined;
  /** When the attempt under way is given up, unless the server says something before. */
  private attemptEndsMs = 0;
  private lossTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SessionConnectionOptions) {
    this.servers = parseConnectString(options.connect);
    this.reopen = new Backoff({ firstMs: 100, maxMs: 2000, random: options.random });
  }

  /** Begins to connect. Call once. */
  open(): void {
    void this.tryToOpen();
  }

  /** Ends the session, and with it all its ephemeral nodes. */
  async close(): Promise<void> {
    const { belief } = this.options;
    if (belief.isClosed) return;
    const handle = this.release();
    belief.close();
    // Owners stop before their nodes go.
    await new Promise((resolve) => setImmediate(resolve));
    handle?.close();
  }

  /** Gives a request to the present client; undefined when there is none. */
  send<T>(send: Send<T>): Promise<Reply<T>> | undefined {
    const { handle } = this;
    return handle?.request(send).then((reply) => {
      if (reply.answered && handle === this.handle) this.heard(reply.sentAtMs);
      return reply;
    });
  }

  private async tryToOpen(): Promise<void> {
    const { now, sessionTimeoutMs, belief, nodeEvents } = this.options;
    const { turn } = this;
    const resume = belief.credentials;
    const connect = await resolveServers(this.servers);
    if (turn !== this.turn) return;
    if (connect === '') return this.reopenLater('no server has an address');
    const whilePresent =
      <Args extends unknown[]>(act: (...args: Args) => void) =>
      (...args: Args) => {
        if (this.handle === handle) act(...args);
      };
    const handle = SessionHandle.open(
      { connect, sessionTimeoutMs, now, resume },
      {
        onConnect: whilePresent(() => void this.confirm()),
        onEnd: whilePresent((reason: 'disconnected' | 'expired') => this.ended(reason)),
        onNode: whilePresent((path: string) => nodeEvents.emit(path)),
      },
    );
    this.handle = handle;
    if (handle === undefined) return this.reopenLater('the native client did not start');
    this.extendAttempt(handle);
    this.attempt = setInterval(() => {
      if ((handle.isConnected || handle.isTrying) && now() < this.attemptEndsMs) return;
      // Closing a connected handle ends its session: the owners must know before.
      const isResumed = handle.isConnected && belief.credentials !== undefined;
      if (isResumed) return this.lose('the server did not confirm it');
      this.reopenLater('no server answered');
    }, LOOK_MS);
  }

  /**
   * An attempt ends after half a session timeout of silence: at two thirds the native client would
   * give up by itself, and close its socket under its own poll (see SessionHandle). A server that
   * answers late keeps it: a session thrown away costs it two more transactions, and so makes the
   * next answers later still.
   */
  private extendAttempt(handle: SessionHandle): void {
    if (this.handle !== handle) return;
    this.attemptEndsMs = this.options.now() + handle.sessionTimeoutMs / 2;
  }

  private async confirm(): Promise<void> {
    const { belief, logger, root, closed } = this.options;
    const { handle } = this;
    if (handle === undefined) return;
    const { credentials, sessionTimeoutMs } = handle;
    const extend = () => this.extendAttempt(handle);
    extend();
    if (closed !== undefined) {
      if (!(await addAuth(handle, closed.auth))) return;
      extend();
    }
    const sentAtMs = await catchUp(handle, this.rootExists ? undefined : root, extend);
    // Unanswered: the end of the handle follows, or the attempt times out.
    if (this.handle !== handle || sentAtMs === undefined) return;
    if (closed !== undefined && !this.rootExists) {
      const entered = await closeRoot(handle, root, closed.auth, closed.closing);
      if (this.handle !== handle || entered.kind === 'unanswered') return;
      if (entered.kind === 'refused') {
        belief.obstacle = entered.reason;
        return this.reopenLater(entered.reason);
      }
    }
    this.rootExists = true;
    clearInterval(this.attempt);
    this.reopen.reset();
    const verdict = belief.confirm({ credentials, sessionTimeoutMs, sentAtMs });
    if (verdict === 'other') return this.lose('another session was given');
    if (verdict === 'late') return this.lose('an answer came too late');
    const { liveness, generation } = belief;
    if (liveness === undefined) return;
    if (verdict === 'new') this.watchLiveness(liveness);
    this.startHeartbeats(handle, liveness);
    logger.info({ root, generation }, 'connected to ZooKeeper');
    belief.connected();
  }

  private heard(sentAtMs: number): void {
    if (!this.options.belief.hear(sentAtMs)) this.lose('an answer came too late');
  }

  private watchLiveness(liveness: Liveness): void {
    this.lossTimer = setTimeout(() => {
      if (liveness.remainingMs > 0) return this.watchLiveness(liveness);
      this.lose(`nothing heard for nearly ${liveness.sessionTimeoutMs} ms`);
    }, liveness.remainingMs);
  }

  private startHeartbeats(handle: SessionHandle, { heartbeatMs }: Liveness): void {
    const { root } = this.options;
    this.heartbeats.start(heartbeatMs, async () => {
      const { answered, sentAtMs } = await handle.request((native, done) =>
        native.a_exists(root, false, done),
      );
      if (answered && this.handle === handle) this.heard(sentAtMs);
    });
  }

  private ended(reason: 'disconnected' | 'expired'): void {
    const { belief } = this.options;
    if (reason === 'expired' && belief.credentials !== undefined) return this.lose('it expired');
    belief.suspend();
    this.reopenLater(reason);
  }

  /** The session cannot be relied on any more: tells the owners, and opens another. */
  private lose(reason: string): void {
    const { belief, connect, logger } = this.options;
    logger.warn({ connect, generation: belief.generation, reason }, 'the session is lost');
    const handle = this.release();
    belief.lose();
    // Connected only if it was our clock that stood still; its nodes then go at once.
    handle?.close();
    this.reopenLater(reason);
  }

  private reopenLater(reason: string): void {
    const { belief, connect, logger } = this.options;
    if (belief.isClosed) return;
    this.abandonHandle()?.close();
    const retryMs = this.reopen.nextMs();
    logger.warn({ connect, reason, retryMs }, 'no connection to ZooKeeper');
    this.attempt = setTimeout(() => void this.tryToOpen(), retryMs);
  }

  private release(): SessionHandle | undefined {
    clearTimeout(this.lossTimer);
    return this.abandonHandle();
  }

  private abandonHandle(): SessionHandle | undefined {
    const { handle } = this;
    clearTimeout(this.attempt);
    this.heartbeats.stop();
    this.handle = undefined;
    this.turn += 1;
    return handle;
  }
}
