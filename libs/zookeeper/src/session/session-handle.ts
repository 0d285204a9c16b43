import { createNativeClient, NATIVE_STATE, RC, type NativeClient } from './native-client.js';

/** What a handle tells of. */
export interface HandleEvents {
  /** Connected, with a new session or with the resumed one: compare `sessionId`. */
  onConnect(): void;
  /** The connection broke, or the session to be resumed had expired. The handle is of no more use. */
  onEnd(reason: 'disconnected' | 'expired'): void;
  /** Something about this absolute path changed; the watch is used up. */
  onNode(path: string): void;
}

/** What another client needs to go on with a session. */
export interface SessionCredentials {
  readonly sessionId: string;
  readonly password: string;
}

/** Where to connect to, and with which session; none for a new one. */
export interface HandleOptions {
  readonly connect: string;
  readonly sessionTimeoutMs: number;
  readonly now: () => number;
  readonly resume: SessionCredentials | undefined;
}

/** `answered`: the server replied. Else the request may or may not have been carried out. */
export interface Reply<T> {
  readonly rc: number;
  readonly answered: boolean;
  readonly value: T | undefined;
  /** When it was given to the native client, on the clock of the handle. */
  readonly sentAtMs: number;
}

/** Gives a request to the native client; its return code says whether it was taken. */
export type Send<T> = (native: NativeClient, done: (rc: number, value?: T) => void) => number;

function isAnswer(rc: number): boolean {
  const sessionEnded = rc === RC.sessionExpired || rc === RC.closing;
  return rc === RC.ok || (rc < RC.apiError && !sessionEnded);
}

/**
 * One native client = one connection. The native client could reconnect by itself, but `zookeeper`
 * 7.3.0 must not: after a failed send it closes its socket and goes on polling the number, which the
 * kernel gives to the next socket of the process; then that one hangs, or libuv aborts ("Assertion
 * `!uv__is_closing(handle)'"). So at the first sign of trouble the client is closed, in the same
 * call in which its socket was, before anything else can open one; another resumes the session.
 *
 * Everything is delivered from a fresh stack: no code but ours runs inside a native callback.
 */
export class SessionHandle {
  private ended = false;
  private readonly outstanding = new Set<() => void>();

  private constructor(
    private readonly native: NativeClient,
    private readonly now: () => number,
  ) {}

  /** Undefined when the C client cannot start. `connect`: addresses, see resolveServers. */
  static open(options: HandleOptions, events: HandleEvents): SessionHandle | undefined {
    const { connect, sessionTimeoutMs, now, resume } = options;
    const native = createNativeClient();
    const handle = new SessionHandle(native, now);
    const later = (act: () => void) => {
      setImmediate(() => {
        if (!handle.ended) act();
      });
    };
    const end = (reason: 'disconnected' | 'expired'): void => {
      if (handle.ended) return;
      handle.close();
      setImmediate(() => events.onEnd(reason));
    };
    native.on('connect', () => later(() => events.onConnect()));
    native.on('connecting', () => end('disconnected'));
    native.on('close', () => end('expired'));
    for (const event of ['created', 'deleted', 'changed', 'child'] as const) {
      native.on(event, (_, path) => later(() => events.onNode(path)));
    }
    handle.onBroken = () => end('disconnected');
    const credentials = resume && { client_id: resume.sessionId, client_password: resume.password };
    native.init({ connect, timeout: sessionTimeoutMs, ...credentials });
    // `init` does not throw when zookeeper_init fails.
    return native.timeout < 0 ? undefined : handle;
  }

  /** While not connected yet: whether it still tries. The native client may stop without a word. */
  get isTrying(): boolean {
    const { state } = this.native;
    return state === NATIVE_STATE.connecting || state === NATIVE_STATE.associating;
  }

  get isConnected(): boolean {
    return !this.ended && this.native.state === NATIVE_STATE.connected;
  }

  get credentials(): SessionCredentials {
    return { sessionId: this.native.client_id, password: this.native.client_password };
  }

  get sessionTimeoutMs(): number {
    return this.native.timeout;
  }

  request<T>(send: Send<T>): Promise<Reply<T>> {
    return new Promise((resolve) => {
      const sentAtMs = this.now();
      const settle = (rc: number, value?: T): void => {
        this.outstanding.delete(drop);
        setImmediate(() => resolve({ rc, answered: isAnswer(rc), value, sentAtMs }));
      };
      const drop = (): void => settle(RC.closing);
      if (this.ended) return drop();
      this.outstanding.add(drop);
      const refused = send(this.native, settle);
      if (refused !== RC.ok) settle(refused);
      // A failed send is not reported; it shows in the state alone.
      if (!this.isConnected) this.onBroken();
    });
  }

  /**
   * Ends the session if it is connected (its ephemeral nodes go at once), else only lets go of it.
   * When connected the C client blocks the process until the server confirms, 1.5 s at most.
   */
  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.native.close();
    for (const drop of [...this.outstanding]) drop();
  }

  private onBroken: () => void = () => undefined;
}
