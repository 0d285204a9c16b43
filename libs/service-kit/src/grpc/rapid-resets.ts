import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { SECOND_MS } from '@tally/contracts';

/** A call that ends so soon was not waited for. Our own callers wait for seconds. */
const SOON_MS = 100;
/** In so long a time a connection may have so many of them: more than our own callers have calls at once. */
const WINDOW_MS = 10 * SECOND_MS;
const MAX_IN_WINDOW = 200;
/** Whoever was cut off comes back at once, and each connection costs its first calls again. */
const REFUSED_FOR_MS = 5 * SECOND_MS;

/**
 * Finds callers that make calls and reset them at once (CVE-2023-44487): each costs as much as one that
 * is answered, and no limit of calls at a time ever counts it.
 */
export class RapidResets {
  /** By address, until when it makes no connection. */
  private readonly refusedUntil = new Map<string, number>();

  /** Whether connections of this address are refused for now. */
  refuses(address: string): boolean {
    const now = performance.now();
    for (const [each, until] of this.refusedUntil) if (until <= now) this.refusedUntil.delete(each);
    return this.refusedUntil.has(address);
  }

  /** Calls `cutOff` when there are too many on this session; then its address is refused. */
  watch(session: ServerHttp2Session, address: string, cutOff: () => void): void {
    let since = performance.now();
    let resets = 0;
    const onReset = () => {
      const now = performance.now();
      if (now - since > WINDOW_MS) [since, resets] = [now, 0];
      if (++resets !== MAX_IN_WINDOW + 1) return;
      this.refusedUntil.set(address, now + REFUSED_FOR_MS);
      cutOff();
    };
    session.on('stream', (stream) => {
      const begunAt = performance.now();
      stream.once('close', () => {
        if (stream.rstCode === constants.NGHTTP2_NO_ERROR) return;
        if (performance.now() - begunAt < SOON_MS) onReset();
      });
    });
  }

  /** Closes what comes from an address that is refused, and calls `onRefused` for each. */
  guard(server: Http2Server, onRefused: () => void): void {
    server.on('connection', (socket: Socket) => {
      if (!this.refuses(socket.remoteAddress ?? '')) return;
      onRefused();
      socket.destroy();
    });
  }
}
