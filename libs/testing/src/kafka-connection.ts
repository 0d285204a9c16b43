import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import {
  decodeResponse,
  encodeRequest,
  FrameSplitter,
  MalformedFrame,
  type RequestOptions,
  type SpokenApi,
} from '@tally/kafka-wire';

const MAX_ANSWER_BYTES = 256 << 20;

interface Awaited {
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One connection to a log, without the care of a client: it asks in any version, has any number of
 * requests in flight, and sends what is no request at all when it is told to. Answers come in the
 * order of the requests.
 */
export class KafkaConnection {
  /** Answers that nobody awaits, without their length: to what `send` has sent. */
  readonly answers: Buffer[] = [];
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<unknown>;
  private readonly splitter = new FrameSplitter(MAX_ANSWER_BYTES);
  private readonly awaited: Awaited[] = [];

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.once('close', () => {
      for (const { reject } of this.awaited.splice(0)) reject(new Error('the log hung up'));
    });
  }

  /** `localAddress`: from where the connection comes. */
  static async open(port: number, localAddress = '127.0.0.1'): Promise<KafkaConnection> {
    const socket = createConnection({ host: '127.0.0.1', port, localAddress });
    await once(socket, 'connect');
    return new KafkaConnection(socket);
  }

  get isClosed(): boolean {
    return this.socket.closed;
  }

  /** Asks and resolves with the answer; rejects when the log hangs up instead. */
  async ask<Request, Response>(
    api: SpokenApi<Request, Response>,
    request: Request,
    options: RequestOptions = {},
  ): Promise<Response> {
    const answer = await this.exchange(encodeRequest(api, request, options));
    return decodeResponse(api, answer, options.version);
  }

  /** Sends a whole request; resolves with its answer without the length. */
  exchange(frame: readonly Buffer[]): Promise<Buffer> {
    this.write(frame);
    return new Promise((resolve, reject) => this.awaited.push({ resolve, reject }));
  }

  /** Sends any bytes; what is answered goes to `answers`. Not while `ask` or `exchange` waits. */
  send(...bytes: readonly Buffer[]): void {
    this.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }

  private write(bytes: readonly Buffer[]): void {
    const { socket } = this;
    socket.cork();
    for (const part of bytes) socket.write(part);
    socket.uncork();
  }

  private receive(chunk: Buffer): void {
    this.splitter.push(chunk);
    try {
      for (let frame = this.splitter.next(); frame !== undefined; frame = this.splitter.next()) {
        const next = this.awaited.shift();
        if (next === undefined) this.answers.push(frame);
        else next.resolve(frame);
      }
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.socket.destroy();
    }
  }
}
