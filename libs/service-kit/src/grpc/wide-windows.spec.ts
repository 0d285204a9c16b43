import { once } from 'node:events';
import { connect, type Settings } from 'node:http2';
import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { WINDOW_BYTES, widenWindows } from './wide-windows.js';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** What a caller may send before anything was read: of one call, and of all together. */
async function windowsOf(prepare: (server: Server) => void) {
  const server = new Server();
  const port = await promisify(server.bindAsync.bind(server))(
    '127.0.0.1:0',
    ServerCredentials.createInsecure(),
  );
  ended.push(() => server.forceShutdown());
  prepare(server);
  const session = connect(`http://127.0.0.1:${port}`);
  ended.push(() => session.destroy());
  let settings: Settings = {};
  session.on('remoteSettings', (told) => (settings = told));
  await once(session, 'remoteSettings');
  return {
    ofCall: () => settings.initialWindowSize,
    ofConnection: () => session.state.remoteWindowSize,
  };
}

describe('the windows of a gRPC server', () => {
  it('let a message pass in one piece', async () => {
    const { ofCall, ofConnection } = await windowsOf(widenWindows);
    await eventually(
      'both are wide',
      () => ofCall() === WINDOW_BYTES && ofConnection() === WINDOW_BYTES,
    );
  });

  it('are small where nobody widens them', async () => {
    const { ofCall, ofConnection } = await windowsOf(() => undefined);
    expect([ofCall(), ofConnection()]).toEqual([65_535, 65_535]);
  });
});
