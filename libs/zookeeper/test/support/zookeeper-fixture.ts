import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startZooKeeper, type ZooKeeperServer } from '@tally/testing';
import ZooKeeper from 'zookeeper';
import { ZooKeeperSession } from '../../src/index.js';
import type { NativeClient } from '../../src/session/native-client.js';
import { RecordingLogger } from './recording-logger.js';

/** Short, so that expiries can be waited for; long enough for a busy machine of two cores. */
export const SESSION_TIMEOUT_MS = 1200;

/** One ZooKeeper for the tests of a file, and the sessions that they open. */
export class ZooKeeperFixture {
  readonly logger = new RecordingLogger();
  private readonly dir = mkdtempSync(join(tmpdir(), 'tally-zookeeper-'));
  private readonly sessions: ZooKeeperSession[] = [];
  private started: ZooKeeperServer | undefined;

  get server(): ZooKeeperServer {
    if (this.started === undefined) throw new Error('the fixture was not started');
    return this.started;
  }

  async start(): Promise<void> {
    const port = this.started?.port;
    const options = { dir: this.dir, tickTimeMs: 200 };
    this.started = await startZooKeeper(port === undefined ? options : { ...options, port });
  }

  async stop(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.close()));
    await this.started?.process.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async session(
    connect = this.server.connectString,
    sessionTimeoutMs = SESSION_TIMEOUT_MS,
  ): Promise<ZooKeeperSession> {
    const session = new ZooKeeperSession({ connect, sessionTimeoutMs, logger: this.logger });
    this.sessions.push(session.start());
    await session.whenConnected(10_000);
    return session;
  }

  /** Expires a session on the server: a client that has its id and password closes it. */
  async expire(session: ZooKeeperSession): Promise<void> {
    const { client_id, client_password } = nativeOf(session);
    const second = new ZooKeeper({
      connect: this.server.connectString,
      timeout: SESSION_TIMEOUT_MS,
      client_id,
      client_password,
    });
    await new Promise<void>((resolve) => {
      second.once('connect', () => setImmediate(resolve));
      second.init({});
    });
    second.close();
  }
}

/** Tests alone may look inside: the password is nobody else's business. */
export function nativeOf(session: ZooKeeperSession): NativeClient {
  const inner = session as unknown as { connection: { handle: { native: NativeClient } } };
  return inner.connection.handle.native;
}
