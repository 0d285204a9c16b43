import { createConnection, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { ZooKeeperFixture } from './support/zookeeper-fixture.js';

const zookeeper = new ZooKeeperFixture();
beforeAll(() => zookeeper.start(), 60_000);
afterAll(() => zookeeper.stop(), 30_000);

/** Holds the event loop, so that nobody reads what happened to the sockets. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a request into a connection that is broken already', () => {
  it('harms no other socket of the process', async () => {
    const session = await zookeeper.session();
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as AddressInfo;

    const { pid } = zookeeper.server.process;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    block(200);
    // The first one is answered with a reset, the second cannot be sent: the native client closes
    // its socket and tells nobody. The kernel gives its number to the next socket of this process.
    const reads: Promise<unknown>[] = [];
    for (let request = 0; request < 3; request++) {
      reads.push(session.get('/a').catch(() => 'failed'));
      await Promise.resolve().then(() => Promise.resolve());
      block(50);
    }
    const sockets = Array.from({ length: 5 }, () => createConnection({ port, host: '127.0.0.1' }));
    let echoed = 0;
    for (const socket of sockets) {
      socket.once('data', () => (echoed += 1));
      socket.write('are you there?');
    }
    await eventually('all sockets work', () => echoed === 5, { timeoutMs: 3000 });

    await zookeeper.start();
    await eventually('connected again', () => session.state === 'connected');
    expect(await Promise.all(reads)).toEqual([undefined, undefined, undefined]);
    for (const socket of sockets) socket.destroy();
    echo.close();
  }, 30_000);
});
