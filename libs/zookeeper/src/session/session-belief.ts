import { Listeners, type Unsubscribe } from '../listeners.js';
import { Liveness } from './liveness.js';
import type { SessionCredentials } from './session-handle.js';

/**
 * - `connecting`: never connected yet.
 * - `connected`: the server confirmed the session.
 * - `suspended`: the connection is gone, the session may be alive; what it owns is still ours.
 * - `lost`: the session expired, or nothing was heard for so long that it may have; what it owned
 *   is not ours any more. A new session is being opened.
 * - `closed`: by `close()`; final.
 */
export type SessionState = 'connecting' | 'connected' | 'suspended' | 'lost' | 'closed';

/** A connection that the server confirmed, and the session that it gave. */
export interface Confirmation {
  readonly credentials: SessionCredentials;
  /** As the server chose it, in ms. */
  readonly sessionTimeoutMs: number;
  /** When the confirmed request was sent, on the clock of the belief. */
  readonly sentAtMs: number;
}

/**
 * What this process may believe of its session. What was lost at any instant stays lost: another
 * session follows, with the next generation. No I/O and no timers: it looks at the clock when asked.
 */
export class SessionBelief {
  private readonly listeners = new Listeners<SessionState>();
  private reported: SessionState = 'connecting';
  /** The present session, between its first confirmation and its loss. */
  private session:
    { readonly credentials: SessionCredentials; readonly liveness: Liveness } | undefined;
  private sessions = 0;
  /** Why ZooKeeper lets nobody in, as long as it does not; a sentence for people. */
  obstacle: string | undefined;

  /** `now`: monotonic milliseconds. */
  constructor(private readonly now: () => number) {}

  /** Looks at the clock: `lost` may show here before its listeners were told. */
  get state(): SessionState {
    const believed = this.reported === 'connected' || this.reported === 'suspended';
    return believed && this.isOutlived ? 'lost' : this.reported;
  }

  /** Counts the sessions from 1; 0 before the first. */
  get generation(): number {
    return this.sessions;
  }

  get credentials(): SessionCredentials | undefined {
    return this.session?.credentials;
  }

  get liveness(): Liveness | undefined {
    return this.session?.liveness;
  }

  /** Whether what session `generation` owned is still ours at this instant. */
  isAlive(generation: number): boolean {
    const { state } = this;
    return generation === this.sessions && (state === 'connected' || state === 'suspended');
  }

  onState(listener: (state: SessionState) => void): Unsubscribe {
    return this.listeners.add(listener);
  }

  /**
   * `new`: a session began; `resumed`: it is the one we had. `other` and `late`: the session that we
   * had is to be called lost, for the server gave another one or its answer came too late.
   */
  confirm({
    credentials,
    sessionTimeoutMs,
    sentAtMs,
  }: Confirmation): 'new' | 'resumed' | 'other' | 'late' {
    if (this.session === undefined) {
      const liveness = new Liveness(this.now, sessionTimeoutMs, sentAtMs);
      this.session = { credentials, liveness };
      this.sessions += 1;
      return 'new';
    }
    if (this.session.credentials.sessionId !== credentials.sessionId) return 'other';
    return this.hear(sentAtMs) ? 'resumed' : 'late';
  }

  /** A request sent at `sentAtMs` was answered. False when that came too late: it is lost. */
  hear(sentAtMs: number): boolean {
    if (this.isOutlived) return false;
    this.session?.liveness.contact(sentAtMs);
    return true;
  }

  connected(): void {
    this.obstacle = undefined;
    this.enter('connected');
  }

  /** The connection is gone; says something only of a session that was confirmed. */
  suspend(): void {
    if (this.reported === 'connected') this.enter('suspended');
  }

  /** The session cannot be relied on any more. */
  lose(): void {
    this.session = undefined;
    this.enter('lost');
  }

  close(): void {
    this.session = undefined;
    this.enter('closed');
  }

  get isClosed(): boolean {
    return this.reported === 'closed';
  }

  private get isOutlived(): boolean {
    return this.session !== undefined && this.session.liveness.remainingMs <= 0;
  }

  private enter(state: SessionState): void {
    if (this.reported === state) return;
    this.reported = state;
    this.listeners.emit(state);
  }
}
