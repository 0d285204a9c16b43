import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Logger } from '@tally/service-kit';
import { ByteBudget } from './byte-budget.js';
import { Connection } from './connection.js';
import type { RequestRouter } from './request-router.js';

export interface KafkaServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly maxRequestBytes: number;
  readonly maxRequestBytesInFlight: number;
  readonly maxAnswerBytesInFlight: number;
  readonly transferTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Told of what is bounded here, when a bound is met. */
export interface ServerObserver {
  readonly onRefused: (reason: 'too many connections' | 'protocol') => void;
  readonly onWait: (what: 'request' | 'answer') => void;
}

/** Serves the Kafka protocol on a port, to a bounded number of connections with bounded memory. */
export class KafkaServer {
  private readonly connections = new Set<Connection>();
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
    // Half-open: a client that has sent its last request still gets the answers.
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
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

  private accept(socket: Socket): void {
    const { maxConnections, maxRequestBytes, transferTimeoutMs, idleTimeoutMs } = this.options;
    if (this.connections.size >= maxConnections) {
      this.observer.onRefused('too many connections');
      socket.destroy();
      return;
    }
    const client = socket.remoteAddress;
    const connection = new Connection(socket, {
      router: this.router,
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
