import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Logger } from '@tally/service-kit';
import type { Security } from '../security/open-security.js';
import { ByteBudget } from './byte-budget.js';
import { Connection } from './connection.js';
import type { RequestRouter } from './request-router.js';

export interface KafkaServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly security: Security;
  readonly maxRequestBytes: number;
  readonly maxRequestBytesInFlight: number;
  readonly maxAnswerBytesInFlight: number;
  readonly transferTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Told of what is bounded here, when a bound is met. */
export interface ServerObserver {
  readonly onRefused: (
    reason: 'too many connections' | 'too many of one address' | 'protocol' | 'tls',
  ) => void;
  readonly onWait: (what: 'request' | 'answer') => void;
}

/** Serves the Kafka protocol on a port, to a bounded number of connections with bounded memory. */
export class KafkaServer {
  private readonly connections = new Set<Connection>();
  /** Sockets that are open, by address; those that still shake hands too. */
  private readonly sockets = new Map<string, number>();
  private socketCount = 0;
  private readonly requestBudget: ByteBudget;
  private readonly answerBudget: ByteBudget;
  private readonly server: Server;

  private constructor(
    private readonly router: RequestRouter,
    private readonly options: KafkaServerOptions,
    private readonly observer: ServerObserver,
    private readonly logger: Logger,
  ) {
    const { maxRequestBytesInFlight, maxAnswerBytesInFlight } = options;
    this.requestBudget = new ByteBudget(maxRequestBytesInFlight, () => observer.onWait('request'));
    this.answerBudget = new ByteBudget(maxAnswerBytesInFlight, () => observer.onWait('answer'));
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
    const handshakeTimeout = this.options.transferTimeoutMs;
    const server = createTlsServer({ ...tls.options, handshakeTimeout });
    server.prependListener('connection', (socket: Socket) => this.admit(socket));
    server.on('secureConnection', (socket) => this.serve(socket));
    server.on('tlsClientError', (_error, socket) => {
      this.observer.onRefused('tls');
      socket.destroy();
    });
    server.on('close', tls.keepUpToDate(server));
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
    return { request: this.requestBudget.bytesInUse, answer: this.answerBudget.bytesInUse };
  }

  /** Takes no more connections and requests; resolves when all that were taken are answered. */
  async drain(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    await Promise.all([...this.connections].map((connection) => connection.drain()));
    for (const connection of this.connections) connection.destroy();
    await closed;
  }

  /** False where there are too many; then it is closed at once. */
  private admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const ofAddress = this.sockets.get(address) ?? 0;
    const { maxConnections, maxConnectionsPerAddress } = this.options;
    if (this.socketCount >= maxConnections || ofAddress >= maxConnectionsPerAddress) {
      const isFull = this.socketCount >= maxConnections;
      this.observer.onRefused(isFull ? 'too many connections' : 'too many of one address');
      socket.destroy();
      return false;
    }
    this.socketCount += 1;
    this.sockets.set(address, ofAddress + 1);
    socket.once('close', () => {
      this.socketCount -= 1;
      const left = (this.sockets.get(address) ?? 1) - 1;
      if (left > 0) this.sockets.set(address, left);
      else this.sockets.delete(address);
    });
    return true;
  }

  private serve(socket: Socket): void {
    const { maxRequestBytes, transferTimeoutMs, idleTimeoutMs, security } = this.options;
    const client = socket.remoteAddress;
    const connection = new Connection(socket, {
      router: this.router,
      authentication: security.authenticationOf(client ?? ''),
      maxRequestBytes,
      requestBudget: this.requestBudget,
      answerBudget: this.answerBudget,
      transferTimeoutMs,
      idleTimeoutMs,
      onRefused: (reason) => {
        this.observer.onRefused('protocol');
        this.logger.warn({ client, reason }, 'a connection was ended');
      },
    });
    this.connections.add(connection);
    socket.on('close', () => this.connections.delete(connection));
  }
}
