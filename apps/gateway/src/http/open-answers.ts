import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerRefusal, lastAnswer, type Refusal } from './refusal.js';
import { REFUSED_FOR_MS } from './unread-bodies.js';

/**
 * Requests of one connection that are answered at once. Clients that send one behind the other send
 * some sixteen; one read brings a thousand, and who reads no answer would have all of them held.
 */
const MAX_OPEN = 32;

/**
 * The answers that are not finished on each connection, in order. Who sends bytes that are no request
 * behind requests that are still being answered gets those answers, and then no more: one written by
 * hand would be taken for an answer to them, or stand in the middle of one.
 */
export class OpenAnswers {
  private readonly open = new WeakMap<Socket, ServerResponse[]>();
  private readonly refused = new WeakSet<Socket>();
  private readonly unfinished = new Set<ServerResponse>();
  private isLeaving = false;

  /** `onRefused` is told of each connection that ends because its caller asks faster than it reads. */
  constructor(private readonly onRefused: () => void) {}

  /** Those of all connections. */
  get all(): Iterable<ServerResponse> {
    return this.unfinished;
  }

  /**
   * Call with each before anything is written to it. False: there are too many on its connection, and
   * nothing may be done for it; the first one of those is answered so, as the last on its connection.
   */
  admit(response: ServerResponse): boolean {
    const { socket } = response.req;
    const answers = this.open.get(socket) ?? this.answersOn(socket);
    if (answers.length > MAX_OPEN) return leaveOut(response.req);
    answers.push(response);
    this.unfinished.add(response);
    if (this.isLeaving) response.shouldKeepAlive = false;
    response.once('close', () => {
      answers.splice(answers.indexOf(response), 1);
      this.unfinished.delete(response);
    });
    if (answers.length <= MAX_OPEN) return true;
    response.shouldKeepAlive = false;
    readNoMore(socket);
    this.onRefused();
    answerRefusal(response, TOO_MANY);
    return leaveOut(response.req);
  }

  /** None yet. */
  private answersOn(socket: Socket): ServerResponse[] {
    const answers: ServerResponse[] = [];
    this.open.set(socket, answers);
    socket.once('close', () => {
      for (const response of [...answers]) endUnbegun(response);
    });
    return answers;
  }

  /** From now on each answer is the last on its connection, and says so: its caller asks elsewhere next. */
  leave(): void {
    this.isLeaving = true;
    for (const response of this.unfinished) response.shouldKeepAlive = false;
  }

  /** Whether something is being answered on this connection. */
  isAnswering(socket: Socket): boolean {
    return (this.open.get(socket)?.length ?? 0) > 0;
  }

  /** Whether the newest request of this connection has come before those ahead of it were answered. */
  isBehindOthers(socket: Socket): boolean {
    return (this.open.get(socket)?.length ?? 0) > 1;
  }

  /** Answers what never became a whole request, as far as an answer has its place, and ends the connection. */
  refuse(socket: Socket, refusal: Refusal): void {
    if (this.refused.has(socket)) return;
    this.refused.add(socket);
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const answers = this.open.get(socket) ?? [];
    const last = answers.findLast(({ req, headersSent }) => req.complete || headersSent);
    if (last !== undefined) {
      last.once('close', () => endSoon(socket));
      return;
    }
    socket.end(lastAnswer(refusal));
    endSoon(socket);
  }
}

/**
 * When a connection is closed Node tells the answer whose turn it is, and none of those behind it:
 * whatever they hold, and what waits for their end, would stay for ever.
 */
function endUnbegun(response: ServerResponse): void {
  if (response.socket !== null || response.writableFinished) return;
  response.destroyed = true;
  response.emit('close');
}

/**
 * When its connection is closed Node ends each request that has no answer with an error of its own, and
 * the stacks of a thousand cost more than all that was answered; nobody listens to these.
 */
function leaveOut(request: IncomingMessage): false {
  request.destroy = () => request;
  return false;
}

/**
 * What still comes is thrown away unparsed. Node's parser reads past the socket, which knows nothing of
 * it and cannot pause it, until somebody else listens there.
 */
function readNoMore(socket: Socket): void {
  socket.on('data', () => undefined);
  socket.removeAllListeners('data');
  socket.pause();
}

/** A caller that keeps its half open, or does not read, would keep the descriptor for ever. */
function endSoon(socket: Socket): void {
  socket.end();
  setTimeout(() => socket.destroy(), REFUSED_FOR_MS).unref();
}

const TOO_MANY: Refusal = {
  status: 503,
  code: 'unavailable',
  detail: `expected at most ${MAX_OPEN} requests before their answers are read: nothing was done for this one and those behind it`,
};
