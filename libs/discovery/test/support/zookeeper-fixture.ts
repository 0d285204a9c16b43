import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startZooKeeper, type ZooKeeperServer } from '@tally/testing';
import { ZooKeeperSession } from '@tally/zookeeper';
import ZooKeeper from 'zookeeper';

/** Short, so that expiries can be waited for; long enough for a busy machine of two cores. */
export const SESSION_TIMEOUT_MS = 1200;

/** One ZooKeeper for the tests of a file, and the sessions that they open. */
export class ZooKeeperFixture {
  /** The messages that were logged, in order. */
  readonly logged: string[] = [];
  private readonly dir = mkdtempSync(join(tmpdir(), 'tally-discovery-'));
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
    await this.closeSessions();
    await this.started?.process.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async closeSessions(): Promise<void> {
    await Promise.all(this.sessions.splice(0).map((session) => session.close()));
  }

  async session(sessionTimeoutMs = SESSION_TIMEOUT_MS): Promise<ZooKeeperSession> {
    const log = (_: object, message: string) => void this.logged.push(message);
    const session = new ZooKeeperSession({
      connect: this.server.connectString,
      sessionTimeoutMs,
      logger: { debug: log, info: log, warn: log, error: log },
    });
    this.sessions.push(session.start());
    await session.whenConnected(10_000);
    return session;
  }

  /** What another client needs to go on with a session. Tests alone may look inside. */
  credentialsOf(session: ZooKeeperSession): NativeCredentials {
    const { native } = (session as unknown as Inside).connection.handle;
    return { client_id: native.client_id, client_password: native.client_password };
  }

  /** Goes on with a session in place of its client; the returned function ends it. */
  async keepAlive(credentials: NativeCredentials, sessionTimeoutMs: number): Promise<() => void> {
    const connect = this.server.connectString;
    const client = new ZooKeeper({ connect, timeout: sessionTimeoutMs, ...credentials });
    await new Promise<void>((resolve) => {
      client.once('connect', () => setImmediate(resolve));
      client.init({});
    });
    return () => client.close();
  }
}

interface NativeCredentials {
  readonly client_id: string;
  readonly client_password: string;
}

interface Inside {
  readonly connection: { readonly handle: { readonly native: NativeCredentials } };
}
