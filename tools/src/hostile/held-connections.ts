import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint, Outcome } from './attack.js';

const LOOK_MS = 20;
/** A server that refused somebody gives it a second to read why; a loaded machine takes some more. */
const LET_GO_MS = 2500;
/** Who is gone answers a byte with a reset: its machine does, at once, but we may be late to see it. */
const RESET_WITHIN_MS = 2000;
/** Connections of which the server ended its half: each costs it a descriptor where it keeps it. */
const MAX_HALF_ENDED = 2000;
/** So many are opened between two looks: a burst, not more than a backlog holds. */
const OPENED_AT_ONCE = 100;

/** What is done on connections that are held. */
export interface Holding {
  /** One after the other in turn. */
  readonly at: readonly Endpoint[];
  /** Another address of this machine than others have, where addresses have shares. */
  readonly from?: string;
  /** So many are kept open; what the server ends is opened again. */
  readonly connections: number;
  /** Whether it takes what the server sends. */
  readonly reads: boolean;
  /** Called when the connection is there. */
  begin(socket: Socket): void;
  /** Called again and again, for each connection, so many ms apart. */
  readonly again?: { readonly everyMs: number; do(socket: Socket): void };
}

/** Holds connections until it is over, and keeps their own half of them open as long as it can. */
export async function holdConnections(
  { at, from, connections, reads, begin, again }: Holding,
  over: AbortSignal,
): Promise<Outcome> {
  const open = new Set<Socket>();
  /** Ended by the server, at that moment; our half is open. */
  const halfEnded = new Map<Socket, number>();
  const figures = { opened: 0, ended: 0, refused: 0 };
  let next = 0;
  const openOne = () => {
    const { host = '', port = 0 } = at[next++ % at.length] ?? {};
    const address = from === undefined ? {} : { localAddress: from };
    const socket = createConnection({ host, port, allowHalfOpen: true, ...address });
    open.add(socket);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') figures.refused += 1;
    });
    const ended = () => {
      if (open.delete(socket)) figures.ended += 1;
    };
    socket.once('end', () => {
      ended();
      if (halfEnded.size >= MAX_HALF_ENDED) socket.destroy();
      else if (socket.writable) halfEnded.set(socket, performance.now());
    });
    socket.once('close', () => {
      ended();
      halfEnded.delete(socket);
    });
    socket.once('connect', () => {
      figures.opened += 1;
      begin(socket);
      if (reads) socket.resume();
    });
  };
  let nextAgainAt = performance.now() + (again?.everyMs ?? 0);
  while (!over.aborted) {
    const missing = Math.min(connections - open.size, OPENED_AT_ONCE);
    for (let opened = 0; opened < missing; opened++) openOne();
    if (again !== undefined && performance.now() >= nextAgainAt) {
      for (const socket of open) if (socket.writable) again.do(socket);
      nextAgainAt = performance.now() + again.everyMs;
    }
    await delay(LOOK_MS);
  }
  const evidence = `${figures.opened} connections opened, ${figures.ended} ended by the server, ${open.size} held to the end`;
  const kept = await keptByServer(halfEnded);
  for (const socket of [...open, ...halfEnded.keys()]) socket.destroy();
  const problems = figures.refused === 0 ? [] : [`${figures.refused} connections were refused`];
  if (kept > 0)
    problems.push(
      `${kept} connections that the server had ended ${LET_GO_MS} ms ago it still held`,
    );
  return { evidence, problems };
}

/** How many of them the server still holds although it ended them: bytes for them are not answered with a reset. */
async function keptByServer(halfEnded: ReadonlyMap<Socket, number>): Promise<number> {
  // What ends while we wait has not had its time.
  const ended = [...halfEnded.keys()];
  if (ended.length === 0) return 0;
  await delay(Math.max(0, Math.max(...halfEnded.values()) + LET_GO_MS - performance.now()));
  const endAt = performance.now() + RESET_WITHIN_MS;
  const kept = () => ended.filter((socket) => halfEnded.has(socket));
  // Nobody reads there any more: that it was reset is told to who writes again.
  while (kept().length > 0 && performance.now() < endAt) {
    for (const socket of kept()) socket.write('x');
    await delay(LOOK_MS);
  }
  return kept().length;
}
