import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { OpenAnswers } from './open-answers.js';

const REQUESTS = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100);
const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** Admits with `admit` and answers nothing. A caller has sent a hundred requests, of which all have come. */
async function attacked(admit: (response: ServerResponse) => boolean) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    admit(response);
  });
  const accepted: Socket[] = [];
  server.on('connection', (socket) => accepted.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(() => server.close());
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1');
  caller.on('error', () => undefined).write(REQUESTS);
  ended.push(() => caller.destroy());
  await eventually('all have come', () => requests.length === 100);
  return { requests, accepted, caller };
}

const given = () => {
  const answers = new OpenAnswers(() => undefined);
  return attacked((response) => answers.admit(response));
};

describe('requests behind too many of their connection', () => {
  it('are not parsed any more', async () => {
    const control = await attacked(() => true);
    control.caller.write(REQUESTS);
    await eventually('all are parsed', () => control.requests.length === 200);
    const { requests, accepted, caller } = await given();
    caller.write(REQUESTS);
    // What comes goes past the parser, to the end.
    accepted[0]?.resume();
    caller.end();
    await eventually('its end has come', () => accepted[0]?.readableEnded === true);
    expect(requests).toHaveLength(100);
  });

  it('are not destroyed one by one when their connection is closed', async () => {
    const failed = async ({ requests, accepted }: Awaited<ReturnType<typeof given>>) => {
      const closed = accepted.map((socket) => once(socket, 'close'));
      for (const socket of accepted) socket.destroy();
      await Promise.all(closed);
      return requests.filter(({ aborted }) => aborted).length;
    };
    expect(await failed(await given())).toBe(32);
    expect(await failed(await attacked(() => true))).toBe(100);
  });
});

describe('answers of a connection that is closed', () => {
  it('are all told, also those whose turn had not come', async () => {
    const closed = async (admit: (response: ServerResponse) => void) => {
      let count = 0;
      const { accepted } = await attacked((response) => {
        response.once('close', () => (count += 1));
        admit(response);
        return true;
      });
      const ends = accepted.map((socket) => once(socket, 'close'));
      for (const socket of accepted) socket.destroy();
      await Promise.all(ends);
      return count;
    };
    const answers = new OpenAnswers(() => undefined);
    expect(await closed((response) => answers.admit(response))).toBe(33);
    expect([...answers.all]).toEqual([]);
    // Control: Node tells the first alone.
    expect(await closed(() => undefined)).toBe(1);
  });
});
