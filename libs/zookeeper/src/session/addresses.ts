import { lookup } from 'node:dns/promises';

/** One server of an ensemble, as configured. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

/** `host:port,host:port`; throws on anything else, e.g. a chroot suffix. */
export function parseConnectString(connect: string): readonly Server[] {
  return connect.split(',').map((text) => {
    const [, host, port] = /^\s*\[?([^\]/\s]+?)\]?:(\d+)\s*$/.exec(text) ?? [];
    if (host !== undefined) return { host, port: Number(port) };
    throw new TypeError(`expected host:port of a ZooKeeper server, got ${JSON.stringify(text)}`);
  });
}

/**
 * The addresses of the servers, as the C client wants them. It would resolve names itself, but in
 * the way that blocks the process, and it is opened again and again while ZooKeeper is away: with a
 * name server that does not answer, every other request of the process would wait, too. Servers
 * without an address now are left out; the result may be empty.
 */
export async function resolveServers(servers: readonly Server[]): Promise<string> {
  const resolved = await Promise.all(
    servers.map(async ({ host, port }) => {
      const found = await lookup(host, { all: true }).catch(() => []);
      return found.map(({ address, family }) =>
        family === 6 ? `[${address}]:${port}` : `${address}:${port}`,
      );
    }),
  );
  return resolved.flat().join(',');
}
