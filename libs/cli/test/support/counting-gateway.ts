import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An event as it was counted. */
export interface Counted {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly value?: number;
  readonly attributes?: object;
}

/** A gateway that takes every event, and counts each id once. */
export async function startCountingGateway() {
  const counted = new Map<string, Counted>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
    request.on('end', () => {
      const lines = Buffer.from(body, 'latin1').toString().split('\n');
      for (const event of lines.map((line) => JSON.parse(line) as Counted))
        if (!counted.has(event.id)) counted.set(event.id, event);
      response
        .writeHead(202)
        .end(JSON.stringify({ accepted: lines.length, rejected: 0, results: [] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counted,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
