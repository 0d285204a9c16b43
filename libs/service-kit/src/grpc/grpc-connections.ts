import type { Http2Server, ServerHttp2Session } from 'node:http2';
import { Server as TcpServer, type Socket } from 'node:net';
import type { Server, ServerOptions } from '@grpc/grpc-js';
import { MINUTE_MS, SECOND_MS } from '@tally/contracts';
import { every } from '@tally/resilience';
import { Counter, type Registry } from 'prom-client';
import { ConnectionLimit, type ConnectionLimits } from '../connections/connection-limit.js';
import { RapidResets } from './rapid-resets.js';

/**
 * Options of a gRPC server by which it lets go of who is not there any more.
 *
 * A session that broke the rules of HTTP/2 is not read from any more, also not to its end, and nobody
 * is told: that pings are not answered is all that shows it. Our own callers ping as often. An idle
 * connection is ended with GOAWAY, and a caller that calls again makes a new one.
 */
export const LETTING_GO: ServerOptions = {
  'grpc.keepalive_time_ms': 10 * SECOND_MS,
  'grpc.keepalive_timeout_ms': 10 * SECOND_MS,
  'grpc.max_connection_idle_ms': 15 * MINUTE_MS,
};

/** A caller has one connection for each instance; an installation of hundreds of processes has room. */
const LIMITS: ConnectionLimits = { maxConnections: 1024, maxConnectionsPerAddress: 512 };
/** Clients of HTTP/2 begin with their settings, without being asked. */
const BEGINS_WITHIN_MS = 5 * SECOND_MS;
const LOOK_MS = SECOND_MS;

/** What may be another in a test. */
export interface GrpcConnectionsOptions {
  readonly limits?: ConnectionLimits;
  readonly beginsWithinMs?: number;
}

/** What is known of a session. */
interface Begun {
  readonly session: ServerHttp2Session;
  readonly at: number;
  hasSettings: boolean;
}

/**
 * The connections of a gRPC server that listens: so many at most, of all and of one address. A caller
 * that does not begin to speak HTTP/2 is closed, and so is one that keeps its half of a connection open
 * after its session has ended, which would keep the descriptor for ever. One that resets its calls as
 * soon as it has made them is cut off.
 */
export function boundConnections(
  server: Server,
  registry: Registry,
  { limits = LIMITS, beginsWithinMs = BEGINS_WITHIN_MS }: GrpcConnectionsOptions = {},
): void {
  const refused = new Counter({
    name: 'tally_grpc_refused_connections_total',
    help: 'Connections closed because there were too many, of all or of their address, or too few descriptors are left (descriptors), because no session was begun on them (silent), because they were held open after its end (ended), or because calls were reset as soon as they were made (resets).',
    labelNames: ['reason'],
    registers: [registry],
  });
  const limit = new ConnectionLimit(limits, refused);
  const resets = new RapidResets();
  for (const below of serversBelow(server)) {
    limit.watch(below);
    const onRefused = () => refused.inc({ reason: 'resets' });
    resets.guard(below, onRefused);
    const sessions = sessionsOf(below, (session, socket) => {
      resets.watch(session, socket.remoteAddress ?? '', () => {
        onRefused();
        session.destroy();
        socket.destroy();
      });
    });
    const look = () => {
      const now = performance.now();
      for (const [socket, begun] of sessions) {
        const reason = reasonAgainst(begun, now - begun.at > beginsWithinMs);
        if (reason === undefined) continue;
        refused.inc({ reason });
        socket.destroy();
      }
    };
    const stop = every(LOOK_MS, look);
    below.once('close', stop);
  }
}

function reasonAgainst({ session, hasSettings }: Begun, isLate: boolean): string | undefined {
  if (session.destroyed) return 'ended';
  return isLate && !hasSettings ? 'silent' : undefined;
}

/** grpc-js shows nobody its connections; the servers below it do. */
export function serversBelow(server: Server): Http2Server[] {
  const below: unknown = Reflect.get(server, 'http2Servers');
  const servers = below instanceof Map ? [...below.keys()] : [];
  const found = servers.filter((one): one is Http2Server => one instanceof TcpServer);
  if (found.length === 0) throw new Error('expected a server below grpc-js that listens, got none');
  return found;
}

/** The open connections with a session, by the socket that it speaks over: the session itself hides it. */
function sessionsOf(
  server: Http2Server,
  onBegun: (session: ServerHttp2Session, socket: Socket) => void,
): ReadonlyMap<Socket, Begun> {
  const sessions = new Map<Socket, Begun>();
  let newest: Socket | undefined;
  // Node makes the session in its own listener of the same event, behind this one.
  const note = (socket: Socket) => void (newest = socket);
  server.prependListener('connection', note);
  server.prependListener('secureConnection', note);
  server.on('session', (session) => {
    const socket = newest;
    if (socket === undefined) return;
    const begun: Begun = { session, at: performance.now(), hasSettings: false };
    session.once('remoteSettings', () => (begun.hasSettings = true));
    sessions.set(socket, begun);
    socket.once('close', () => sessions.delete(socket));
    onBegun(session, socket);
  });
  return sessions;
}
