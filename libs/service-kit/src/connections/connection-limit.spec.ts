import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { Counter } from 'prom-client';
import { ConnectionLimit } from './connection-limit.js';

const LIMITS = { maxConnections: 1000, maxConnectionsPerAddress: 1000, spareDescriptors: 10 };
const server = createServer();
const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close().removeAllListeners('connection');
});

/** Opens so many connections where this process may have `free` descriptors more than it has. */
async function opened(count: number, free: number): Promise<Counter<'reason'>> {
  const name = 'refused';
  const refused = new Counter({ name, help: name, labelNames: ['reason'], registers: [] });
  const limit = readdirSync('/proc/self/fd').length + free;
  const connections = new ConnectionLimit(LIMITS, refused, limit);
  connections.watch(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (let opening = 0; opening < count; opening++)
    clients.push(connect(port, '127.0.0.1').on('error', () => undefined));
  await eventually('each is taken or refused', async () => {
    const { values } = await refused.get();
    const refusals = values.reduce((sum, { value }) => sum + value, 0);
    return connections.open.size + refusals === count;
  });
  return refused;
}

const refusals = async (refused: Counter<'reason'>) =>
  (await refused.get()).values.map(({ labels }) => labels.reason);

describe('connections of a process that has few descriptors', () => {
  it('are refused and counted before the last ones are gone', async () => {
    expect(await refusals(await opened(40, 60))).toEqual(['descriptors']);
  });

  it('are all taken when it has more (control)', async () => {
    expect(await refusals(await opened(40, 1000))).toEqual([]);
  });
});
