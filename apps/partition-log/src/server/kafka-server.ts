import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { reportRefusedHandshakes, type Logger } from '@tally/service-kit';
import type { Security } from '../security/open-security.js';
import { AddressLimit } from './address-limit.js';
import { AddressShares } from './address-shares.js';
import { Connection } from './connection.js';
import type { RequestRouter } from './request-router.js';

/** Lines in the log about connections of one address: who sends rubbish must not fill a disk with it. */
const MAX_LINES_PER_MINUTE = 20;

export interface KafkaServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly security: Security;
  readonly maxRequestBytes: number;
  readonly maxAppendsInFlight: number;
  readonly maxRequestBytesInFlight: number;
  readonly maxAnswerBytesInFlight: number;
  readonly transferTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Told of what is bounded here, when a bound is met. */
export interface ServerObserver {
  readonly onRefused: (
    reason: 'too many connections' | 'too many of one address' | 'protocol' | 'session' | 'tls',
  ) => void;
  readonly onWait: (what: 'request' | 'answer') => void;
}

/** Serves the Kafka protocol on a port, to a bounded number of connections with bounded memory. */
export class KafkaServer {
  private readonly connections = new Set<Connection>();
  /** Below the connections, and of clients that still shake hands. */
  private readonly sockets = new Set<Socket>();
  /** Those that still shake hands have their share too. */
  private readonly shares: AddressShares;
  private readonly logged = new AddressLimit(MAX_LINES_PER_MINUTE, () => performance.now());
  private readonly server: Server;

  private constructor(
    private readonly router: RequestRouter,
    private readonly options: KafkaServerOptions,
    private readonly observer: ServerObserver,
    private readonly logger: Logger,
  ) {
    this.shares = new AddressShares({
      maxSockets: options.maxConnections,
      maxSocketsPerAddress: options.maxConnectionsPerAddress,
      maxRequestBytes: options.maxRequestBytesInFlight,
      maxAnswerBytes: options.maxAnswerBytesInFlight,
      onWait: observer.onWait,
    });
    this.server = this.createServer();
  }

  private createServer(): Server {
    const { tls } = this.options.security;
    if (tls === undefined) {
      // Half-open: a client that has sent its last request still gets the answers.
      return createServer({ allowHalfOpen: true }, (socket) => {
        if (this.admit(socket)) this.serve(socket);
      });
    }
    // Not half-open: Node would keep the socket below for ever when its client goes without a farewell.
    const server = tls.createServer(this.options.transferTimeoutMs);
    server.prependListener('connection', (socket: Socket) => this.admit(socket));
    server.on('secureConnection', (socket) => this.serve(socket));
    reportRefusedHandshakes(server, this.logger, () => this.observer.onRefused('tls'));
    return server;
  }

  /** Resolves when it listens; rejects when the port cannot be had. */
  static async listen(
    router: RequestRouter,
    options: KafkaServerOptions,
    observer: ServerObserver,
    logger: Logger,
  ): Promise<KafkaServer> {
    const kafka = new KafkaServer(router, options, observer, logger);
    kafka.server.listen({ host: options.host, port: options.port });
    await once(kafka.server, 'listening');
    return kafka;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  get bytesInFlight(): { readonly request: number; readonly answer: number } {
    return { request: this.shares.requests.bytesInUse, answer: this.shares.answers.bytesInUse };
  }

  /** Takes no more connections and requests; resolves when all that were taken are answered. */
  async drain(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    await Promise.all([...this.connections].map((connection) => connection.drain()));
    for (const connection of this.connections) connection.destroy();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** False where there are too many; then it is closed at once. */
  private admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const outcome = this.shares.takeSocket(address);
    if (outcome !== 'taken') {
      this.observer.onRefused(outcome);
      socket.destroy();
      return false;
    }
    this.sockets.add(socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.shares.giveSocketBack(address);
    });
    return true;
  }

  private serve(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const connection = new Connection(socket, {
      ...this.options,
      router: this.router,
      authentication: this.options.security.authenticationOf(address),
      reserve: (what, bytes) => this.shares.reserve(what, address, bytes),
      onRefused: (kind, reason) => this.refused(address, kind, reason),
    });
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
  }

  private refused(client: string, kind: 'protocol' | 'session', reason: string): void {
    this.observer.onRefused(kind);
    if (this.logged.isReached(client)) return;
    this.logged.add(client);
    this.logger.warn({ client, reason }, 'a connection was ended');
  }
}
