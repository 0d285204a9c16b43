import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is looked at, and when that is too long. */
export interface UnreadAnswersParts {
  /** The answers that are not finished. */
  readonly open: Iterable<Pick<ServerResponse, 'req'>>;
  /** Until a reader that takes nothing is disconnected. */
  readonly writeTimeoutMs: number;
  /** Told of each reader that was. */
  onSlowReader(): void;
  /** Monotonic, ms. */
  now(): number;
}

/**
 * Ends connections whose reader takes nothing of what is written to it. Node's own timeout of a
 * socket would not see it while its caller goes on sending, and while it does not it would have to be
 * as long as a connection may be idle.
 */
export class UnreadAnswers {
  /** What each reader had taken in all, in bytes, and since when that is so. */
  private readonly taken = new WeakMap<
    Socket,
    { readonly bytes: number; readonly since: number }
  >();

  constructor(private readonly parts: UnreadAnswersParts) {}

  /** Call again and again. */
  look(): void {
    const { open, writeTimeoutMs, onSlowReader, now } = this.parts;
    for (const { req } of open) {
      const { socket } = req;
      if (socket.destroyed) continue;
      if (socket.writableLength === 0) {
        this.taken.delete(socket);
        continue;
      }
      const bytes = socket.bytesWritten - socket.writableLength;
      const before = this.taken.get(socket);
      if (before?.bytes !== bytes) this.taken.set(socket, { bytes, since: now() });
      else if (now() - before.since >= writeTimeoutMs) {
        onSlowReader();
        socket.destroy();
      }
    }
  }
}
