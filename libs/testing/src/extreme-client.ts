import { createConnection, type Socket } from 'node:net';
import { apiVersions, correlationIdOf, encodeRequest, FrameSplitter } from '@tally/kafka-wire';
import type { ExtremeRequest } from './extreme-requests.js';

const MAX_ANSWER_BYTES = 256 << 20;
/** An answer may be waited for on purpose: a fetch waits for records, a member for the others. */
const PATIENCE_MS = 500;
/** Correlation id of the request behind the last one of a burst. */
const LAST = 2 ** 31 - 1;
const LAST_REQUEST = Buffer.concat(
  encodeRequest(
    apiVersions,
    { softwareName: '', softwareVersion: '' },
    { version: 0, correlationId: LAST },
  ),
);

/** What became of the requests of a client. */
export interface ExtremeFigures {
  answered: number;
  /** The server ended the connection: what it was asked was no request that it serves. */
  hungUp: number;
  /** The client ended it, since the server waits: for records, or for members of a group. */
  waiting: number;
}

/** Sends requests in bursts, and after each one that is always answered: then all before it are. */
export class ExtremeClient {
  private socket: Socket | undefined;

  constructor(
    private readonly port: number,
    private readonly figures: ExtremeFigures,
    /** An address of this machine from which it connects. */
    private readonly localAddress = '127.0.0.1',
  ) {}

  async send(burst: readonly ExtremeRequest[]): Promise<void> {
    const socket = await this.connected();
    const splitter = new FrameSplitter(MAX_ANSWER_BYTES);
    let answers = 0;
    const outcome = await new Promise<'all' | 'hung up' | 'waiting'>((resolve) => {
      const timer = setTimeout(() => resolve('waiting'), PATIENCE_MS);
      const end = (how: 'all' | 'hung up') => {
        clearTimeout(timer);
        resolve(how);
      };
      socket.on('data', (chunk: Buffer) => {
        splitter.push(chunk);
        for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
          if (correlationIdOf(frame) === LAST) end('all');
          else answers += 1;
        }
      });
      socket.once('close', () => end('hung up'));
      socket.cork();
      for (const { frame } of burst) socket.write(frame);
      socket.write(LAST_REQUEST);
      socket.uncork();
    });
    socket.removeAllListeners('data');
    socket.removeAllListeners('close');
    this.figures.answered += outcome === 'all' ? burst.length : answers;
    if (outcome === 'all') return;
    if (outcome === 'hung up') this.figures.hungUp += 1;
    else this.figures.waiting += 1;
    this.close();
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private async connected(): Promise<Socket> {
    if (this.socket !== undefined) return this.socket;
    const socket = createConnection({
      host: '127.0.0.1',
      port: this.port,
      localAddress: this.localAddress,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.removeAllListeners('error');
    // A reset is an answer too.
    socket.on('error', () => undefined);
    this.socket = socket;
    return socket;
  }
}
