import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TcpProxy } from '@tally/testing';
import { ZooKeeperSession } from '../src/index.js';
import { ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
beforeAll(() => zookeeper.start(), 60_000);
afterAll(() => zookeeper.stop(), 30_000);

const SESSION_TIMEOUT_MS = 4000;
/** Two of them are more than half a session timeout, one is clearly less. */
const ANSWER_AFTER_MS = 1300;

describe('a server that answers late, but answers', () => {
  it('keeps the session that it gave: one thrown away would cost it another two transactions', async () => {
    const proxy = await TcpProxy.start(zookeeper.server.port);
    proxy.delayAnswers(ANSWER_AFTER_MS);
    const session = new ZooKeeperSession({
      connect: proxy.connectString,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      logger: zookeeper.logger,
    }).start();
    try {
      await session.whenConnected(15_000);
      expect(proxy.connections).toBe(1);
    } finally {
      // The native close blocks this process, the proxy in it too: its answer could not come.
      await proxy.stop();
      await session.close();
    }
  }, 30_000);
});
