import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { HealthImplementation } from 'grpc-health-check';
import { Registry } from 'prom-client';
import {
  boundConnections,
  LETTING_GO,
  serversBelow,
  type GrpcConnectionsOptions,
} from './grpc-connections.js';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** Lets go as fast as a test can wait for. */
const SOON = {
  ...LETTING_GO,
  'grpc.keepalive_time_ms': 300,
  'grpc.keepalive_timeout_ms': 300,
};
const LOOSE = { maxConnections: 10_000, maxConnectionsPerAddress: 10_000 };
const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);

/** A frame of HTTP/2: length (24 bits), type, flags, stream (32 bits), payload. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** So many calls from this stream on, each reset at once. */
function resetCalls(first: number, count: number): Buffer {
  // In HPACK :method POST and :scheme http by their place in the static table; then the names by theirs.
  const named = (name: number, value: string) =>
    Buffer.concat([Buffer.of(name, value.length), Buffer.from(value)]);
  const path = named(4, '/grpc.health.v1.Health/Check');
  const call = Buffer.concat([Buffer.of(0x83, 0x86), named(1, 'localhost'), path]);
  return Buffer.concat(
    Array.from({ length: count }, (_, at) => first + 2 * at).flatMap((stream) => [
      frame(1, 4, stream, call),
      frame(3, 0, stream, Buffer.of(0, 0, 0, 8)),
    ]),
  );
}

const brokenFrame = () =>
  frame(randomInt(12), randomInt(256), randomInt(8), randomBytes(randomInt(300)));

async function serve(serverOptions: object, options?: GrpcConnectionsOptions) {
  const server = new Server(serverOptions);
  new HealthImplementation({ '': 'SERVING' }).addToServer(server);
  const bind = promisify(server.bindAsync.bind(server));
  const port = (await bind('127.0.0.1:0', ServerCredentials.createInsecure())) ?? 0;
  ended.push(() => server.forceShutdown());
  const registry = new Registry();
  if (options !== undefined) boundConnections(server, registry, options);
  const refused = async (reason: string) => {
    const line = `tally_grpc_refused_connections_total{reason="${reason}"} `;
    const text = await registry.metrics();
    return Number(
      text
        .split('\n')
        .find((each) => each.startsWith(line))
        ?.slice(line.length) ?? 0,
    );
  };
  const [below] = serversBelow(server);
  if (below === undefined) throw new Error('the server does not listen');
  let accepted = 0;
  below.on('connection', () => accepted++);
  let calls = 0;
  below.on('stream', () => calls++);
  const connections = promisify(below.getConnections.bind(below));
  return { port, refused, connections, accepted: () => accepted, calls: () => calls };
}

/** One of our own callers, with one connection. Resolves with 1 for SERVING. */
function caller(port: number, method = 'Check'): () => Promise<number | Error> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  ended.push(() => client.close());
  return () =>
    new Promise((resolve) => {
      client.makeUnaryRequest(
        `/grpc.health.v1.Health/${method}`,
        () => Buffer.alloc(0),
        // One field: its tag, and the status.
        (answer) => answer[1] ?? 0,
        {},
        (error, status = 0) => resolve(error ?? status),
      );
    });
}

/** Each keeps its half open. `bytes`: what it says. */
async function open(port: number, count: number, bytes: () => Buffer): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () =>
    connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
  );
  for (const socket of sockets) {
    socket.on('error', () => undefined).resume();
    ended.push(() => socket.destroy());
  }
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(bytes());
  return sockets;
}

describe('connections of a gRPC server', () => {
  it.each([
    ['that break the rules of HTTP/2 and go', () => Buffer.concat([PREFACE, brokenFrame()]), true],
    ['that break them and stay', () => Buffer.concat([PREFACE, brokenFrame()]), false],
    ['that say nothing', () => Buffer.alloc(0), false],
    ['that say half of how a client begins', () => PREFACE.subarray(0, 10), false],
  ])(
    '%s are let go, and our own caller is answered',
    async (_, bytes, go) => {
      const bounded = await serve(SOON, { limits: LOOSE, beginsWithinMs: 500 });
      const control = await serve({});
      const check = caller(bounded.port);
      expect(await check()).toBe(1);
      for (const { port, accepted } of [control, bounded]) {
        const before = accepted();
        const sockets = await open(port, 200, bytes);
        await eventually('all are accepted', () => accepted() === before + 200);
        if (go) for (const socket of sockets) socket.destroy();
      }
      await eventually('that of our own caller is left', async () => {
        return (await bounded.connections()) === 1;
      });
      expect(await check()).toBe(1);
      // Of frames at random some are none that break a rule.
      expect(await control.connections()).toBeGreaterThan(50);
    },
    20_000,
  );

  it('are bounded for each address, and counted', async () => {
    const limits = { maxConnections: 20, maxConnectionsPerAddress: 10 };
    const { port, refused, connections } = await serve(SOON, { limits });
    const check = caller(port);
    expect(await check()).toBe(1);
    await open(port, 30, () => PREFACE);
    await eventually('those that are too many are counted', async () => {
      return (await refused('address')) === 21 && (await connections()) === 10;
    });
    expect(await check()).toBe(1);
  }, 20_000);

  it('over which calls are reset as soon as they are made end, and their address makes no others for now', async () => {
    const bounded = await serve(LETTING_GO, { limits: LOOSE });
    const control = await serve(LETTING_GO);
    const check = caller(bounded.port);
    expect(await check()).toBe(1);
    const before = bounded.calls();
    for (const { port } of [bounded, control]) {
      const bytes = Buffer.concat([PREFACE, resetCalls(1, 200), resetCalls(401, 600)]);
      await open(port, 1, () => bytes);
    }
    await eventually('all are begun where nobody looks', () => control.calls() === 800);
    await eventually('the connection is gone', async () => (await bounded.connections()) === 1);
    expect(bounded.calls() - before).toBe(201);
    expect(await bounded.refused('resets')).toBe(1);
    await open(bounded.port, 1, () => PREFACE);
    await eventually('another is refused', async () => (await bounded.refused('resets')) === 2);
    expect(await bounded.connections()).toBe(1);
    expect(await check()).toBe(1);
  }, 20_000);

  it('over which many calls are refused stay', async () => {
    const server = await serve(SOON, {});
    const check = caller(server.port, 'Nothing');
    const answers = await Promise.all(Array.from({ length: 300 }, check));
    expect(answers).toEqual(Array(300).fill(expect.objectContaining({ code: 12 })));
    expect(server.accepted()).toBe(1);
    expect(await server.refused('resets')).toBe(0);
  }, 20_000);

  it('that are idle end, and a caller that calls again is answered', async () => {
    const server = await serve({ ...SOON, 'grpc.max_connection_idle_ms': 300 }, {});
    const check = caller(server.port);
    expect(await check()).toBe(1);
    await eventually('its connection is gone', async () => (await server.connections()) === 0);
    expect(await check()).toBe(1);
  }, 20_000);
});
