import { TallyError } from '@tally/contracts';
import { keepTrying } from '@tally/resilience';
import type { SessionBelief } from './session-belief.js';
import type { SessionConnection } from './session-connection.js';
import type { Reply, Send } from './session-handle.js';
import { whenConnected } from './when-connected.js';

/** The state changes before the replies come; a refused request must not spin. */
const RETRY_MS = 10;

/** What became of a request, and the session that sent it. */
export interface Answer<T> extends Reply<T> {
  readonly generation: number;
}

/** Through what requests go, and how long an operation may take. */
export interface RequestsOptions {
  readonly connect: string;
  readonly operationTimeoutMs: number;
  readonly now: () => number;
  readonly belief: SessionBelief;
  readonly connection: Pick<SessionConnection, 'send'>;
}

/**
 * Sends requests once there is a connection, each within a deadline (on `now`). `what` begins the
 * messages of errors: TallyError `unavailable` without a connection, `deadline_exceeded` without an
 * answer.
 */
export class Requests {
  constructor(private readonly options: RequestsOptions) {}

  /** The deadline of an operation that begins now. */
  deadlineMs(): number {
    return this.options.now() + this.options.operationTimeoutMs;
  }

  /** Resolves when connected; TallyError `unavailable` when not until `deadlineMs`, or closed. */
  connected(deadlineMs: number): Promise<void> {
    const { belief, connect } = this.options;
    return whenConnected(belief, connect, this.remainingMs(deadlineMs));
  }

  /** One that may be sent twice: sent again while it is not answered. */
  repeatable<T>(what: string, deadlineMs: number, send: Send<T>): Promise<Answer<T>> {
    const attempt = async () => {
      const answer = await this.once(what, deadlineMs, send);
      if (answer.answered) return answer;
      throw new TallyError('unavailable', `${what}: the connection to ZooKeeper was lost`);
    };
    const mayPass = () => this.remainingMs(deadlineMs) > 0 && !this.options.belief.isClosed;
    return keepTrying(attempt, { retryMs: RETRY_MS, mayPass });
  }

  /** Sent once; when it is not answered, the caller has to find out what became of it. */
  async once<T>(what: string, deadlineMs: number, send: Send<T>): Promise<Answer<T>> {
    const { belief, connection } = this.options;
    for (;;) {
      await this.connected(deadlineMs);
      // A server that is there and takes nothing must not keep anybody here past the time.
      if (this.remainingMs(deadlineMs) === 0)
        throw new TallyError('deadline_exceeded', `${what}: no time was left to ask ZooKeeper`);
      const { generation } = belief;
      const sent = connection.send(send);
      if (sent !== undefined) return { ...(await this.within(what, deadlineMs, sent)), generation };
    }
  }

  private remainingMs(deadlineMs: number): number {
    return Math.max(0, deadlineMs - this.options.now());
  }

  private async within<T>(what: string, deadlineMs: number, reply: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `${what}: no answer from ZooKeeper in time; the outcome is unknown`;
      const fail = () => reject(new TallyError('deadline_exceeded', message));
      timer = setTimeout(fail, this.remainingMs(deadlineMs));
    });
    try {
      return await Promise.race([reply, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
