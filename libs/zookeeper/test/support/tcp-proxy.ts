import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';

/** Stands between one client and a server on 127.0.0.1, to cut or to silence what passes. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private silent = false;
  private dropReplies = false;
  private replyDelayMs = 0;
  private joined = 0;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, targetPort);
  }

  get connectString(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Bytes vanish both ways; connections stay open, new ones are accepted and never answered. */
  silence(): void {
    this.silent = true;
  }

  /** The server's bytes vanish, the client's still arrive. */
  swallowReplies(): void {
    this.dropReplies = true;
  }

  /** The server's bytes arrive so much later. */
  delayReplies(ms: number): void {
    this.replyDelayMs = ms;
  }

  /** How many there were so far. */
  get connections(): number {
    return this.joined;
  }

  /** Resets every connection; new ones work again. */
  reset(): void {
    this.silent = false;
    this.dropReplies = false;
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    this.joined += 1;
    const target = createConnection({ host: '127.0.0.1', port: this.targetPort });
    const pass = (from: Socket, to: Socket, blocked: () => boolean, delayMs = 0): void => {
      this.sockets.add(from);
      from.on('data', (bytes) => {
        if (blocked()) return;
        if (delayMs === 0) to.write(bytes);
        else setTimeout(() => to.write(bytes), delayMs);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    };
    pass(client, target, () => this.silent);
    pass(target, client, () => this.silent || this.dropReplies, this.replyDelayMs);
  }
}
