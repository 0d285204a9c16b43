import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Ports } from './ports.js';
import { planServices } from './topology.js';

const others: Server[] = [];
afterEach(async () => {
  for (const server of others.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

/** What somebody else runs: real servers on consecutive ports. Returns the first. */
async function taken(count: number): Promise<number> {
  for (;;) {
    const servers: Server[] = [];
    let next = 0;
    while (servers.length < count) {
      const server = createServer().listen({ port: next, host: '127.0.0.1', exclusive: true });
      const isListening = await once(server, 'listening').then(
        () => true,
        () => false,
      );
      if (!isListening) break;
      servers.push(server);
      next = (server.address() as AddressInfo).port + 1;
    }
    others.push(...servers);
    if (servers.length === count) return next - count;
  }
}

const quiet = () => undefined;

/** As a stack asks: for its servers all at once, then for its services. */
async function allPorts(): Promise<number[]> {
  const claimed: number[] = [];
  class Noted extends Ports {
    override async claim(name: string, usual: number): Promise<number> {
      const port = await super.claim(name, usual);
      claimed.push(port);
      return port;
    }
  }
  const ports = new Noted('usual', quiet);
  await Promise.all([2181, 6379, 5433, 5434].map((usual) => ports.claim('server', usual)));
  const infrastructure = { zookeeper: '', redisUrl: '', shardUrls: ['', ''] };
  await planServices({ ...infrastructure, kafkaBrokers: undefined }, ports, { dir: '' });
  return claimed;
}

describe('ports', () => {
  it('asked for at once are never the same, where those before them are taken', async () => {
    const first = await taken(2);
    const lines: string[] = [];
    const ports = new Ports('usual', (line) => void lines.push(line));
    const [zero, one] = await Promise.all([
      ports.claim('postgres-0', first),
      ports.claim('postgres-1', first + 1),
    ]);
    expect(zero).not.toBe(one);
    expect(Math.min(zero, one)).toBeGreaterThanOrEqual(first + 2);
    expect(lines.toSorted()).toEqual([
      `postgres-0: port ${first} is taken, using ${zero}`,
      `postgres-1: port ${first + 1} is taken, using ${one}`,
    ]);
  });

  it('of two stacks that choose at once have none in common', async () => {
    const all = (await Promise.all([allPorts(), allPorts()])).flat();
    expect(all.length).toBeGreaterThan(40);
    expect(new Set(all).size).toBe(all.length);
  });

  it('stay with who chose them, also while its server is away', async () => {
    const any = new Ports('any', quiet);
    const port = await any.claim('redis', 6379);
    expect(await new Ports('usual', quiet).claim('redis', port)).not.toBe(port);
  });
});
