import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { Logger } from '../logging/logger.js';
import { ProblemFilter } from './problem.filter.js';

/** What Node reports of a request whose caller goes away in the middle of its body. */
async function abortedBody(): Promise<unknown> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1');
  const [request] = await once(server, 'request');
  const failed = once(request, 'error');
  socket.destroy();
  const [error] = await failed;
  server.close();
  return error;
}

/** The levels of what the filter logs, and the status it answers. */
function caught(error: unknown): { readonly levels: string[]; readonly status: number } {
  const levels: string[] = [];
  const logger = {
    error: () => levels.push('error'),
    debug: () => levels.push('debug'),
  } as unknown as Logger;
  let status = 0;
  const reply = {
    sent: false,
    status: (value: number) => {
      status = value;
      return reply;
    },
    headers: () => reply,
    send: () => undefined,
  };
  new ProblemFilter(logger).catch(error, new ExecutionContextHost([{}, reply]));
  return { levels, status };
}

describe('a failure of a request', () => {
  it('is no bug when its caller went away in the middle of the body', async () => {
    expect(caught(await abortedBody())).toEqual({ levels: ['debug'], status: 400 });
  });

  it('is a bug, also a broken connection, when it comes from elsewhere', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(caught(reset)).toEqual({ levels: ['error'], status: 500 });
    expect(caught(new Error('oops'))).toEqual({ levels: ['error'], status: 500 });
  });
});
