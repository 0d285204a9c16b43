import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy on loopback that passes bytes on until a test wants otherwise: it can hold back what
 * clients ask, what the server answers or both, make answers late, and cut all connections.
 */
export class TcpProxy {
  private readonly pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  private held: 'nothing' | 'requests' | 'answers' | 'both' = 'nothing';
  private cutConnections = 0;
  private joinedConnections = 0;
  private answerDelayMs = 0;

  private constructor(private readonly listener: Server) {}

  /** `targetPort`: of the server, on 127.0.0.1. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const listener = createServer({ pauseOnConnect: true });
    const proxy = new TcpProxy(listener);
    listener.on('connection', (client) => proxy.join(client, targetPort));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** For clients that want `host:port`. */
  get connectString(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections that `cut` has ended so far. */
  get cuts(): number {
    return this.cutConnections;
  }

  /** Connections that clients have made so far. */
  get connections(): number {
    return this.joinedConnections;
  }

  /** What the server sends from now on arrives so much later. */
  delayAnswers(ms: number): void {
    this.answerDelayMs = ms;
  }

  private join(client: Socket, targetPort: number): void {
    this.joinedConnections += 1;
    const server = connect(targetPort, '127.0.0.1');
    const pair = { client, server };
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (bytes: Buffer) => {
        if (from === server && this.answerDelayMs > 0)
          setTimeout(() => to.write(bytes), this.answerDelayMs);
        else if (!to.write(bytes)) from.pause();
      });
      to.on('drain', () => this.flow(pair));
      from.on('end', () => to.end());
      from.on('error', end);
      from.on('close', end);
    }
    this.flow(pair);
  }

  private flow({ client, server }: { readonly client: Socket; readonly server: Socket }): void {
    if (this.held === 'requests' || this.held === 'both') client.pause();
    else if (!server.writableNeedDrain) client.resume();
    if (this.held === 'answers' || this.held === 'both') server.pause();
    else if (!client.writableNeedDrain) server.resume();
  }

  /** Keeps from now on everything that clients send. */
  holdRequests(): void {
    this.hold('requests');
  }

  /** Keeps from now on everything that the server sends. */
  holdAnswers(): void {
    this.hold('answers');
  }

  /** Keeps from now on everything that is sent; new connections are accepted and never answered. */
  holdBoth(): void {
    this.hold('both');
  }

  /** Passes on what was held, and everything from now on. */
  release(): void {
    this.hold('nothing');
  }

  private hold(what: typeof this.held): void {
    this.held = what;
    for (const pair of this.pairs) this.flow(pair);
  }

  /** Resets all connections; what was held is lost. New ones pass. */
  cut(): void {
    this.held = 'nothing';
    for (const { client, server } of this.pairs) {
      this.cutConnections += 1;
      reset(client);
      reset(server);
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.listener, 'close');
    this.listener.close();
    this.cut();
    await closed;
  }
}

/**
 * libuv does not reset a connection whose end is on its way, and Node 20 then forgets to close it: it
 * stays open, and the process never ends. Such a one is closed without a reset.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
