import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { FrameSplitter, MalformedFrame, WireReader, WireWriter, type Api } from '@tally/kafka-wire';

const MAX_ANSWER_BYTES = 256 << 20;
const CLIENT = 'log-bench';

interface Awaited {
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One connection that costs little: requests are frames made before, any number of them in flight,
 * and an answer is the bytes behind its correlation id.
 */
export class LogConnection {
  private readonly splitter = new FrameSplitter(MAX_ANSWER_BYTES);
  private readonly awaited: Awaited[] = [];

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.awaited.splice(0)) reject(new Error('the log hung up'));
    });
  }

  static async open(port: number): Promise<LogConnection> {
    const socket = createConnection({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    return new LogConnection(socket);
  }

  /** Resolves with the body of the answer. */
  send(frame: readonly Buffer[]): Promise<Buffer> {
    const { socket } = this;
    socket.cork();
    for (const part of frame) socket.write(part);
    socket.uncork();
    return new Promise((resolve, reject) => this.awaited.push({ resolve, reject }));
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.splitter.push(chunk);
    try {
      for (let frame = this.splitter.next(); frame !== undefined; frame = this.splitter.next()) {
        this.awaited.shift()?.resolve(frame.subarray(4));
      }
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      this.socket.destroy();
    }
  }
}

/** A request of an API in its last version, with its length before it. */
export function requestFrame<Request, Response>(
  api: Api<Request, Response>,
  body: (writer: WireWriter) => unknown,
): Buffer[] {
  const writer = new WireWriter().int16(api.key).int16(api.max).int32(0).nullableString(CLIENT);
  body(writer);
  const length = Buffer.alloc(4);
  length.writeInt32BE(writer.length);
  return [length, ...writer.finish()];
}

export function readerOf(answer: Buffer): WireReader {
  return new WireReader(answer);
}
