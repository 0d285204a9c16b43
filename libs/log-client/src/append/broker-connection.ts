import type { Socket } from 'node:net';
import {
  apiVersions,
  correlationIdOf,
  decodeResponse,
  encodeRequest,
  FrameSplitter,
  KAFKA_ERRORS,
  type SpokenApi,
} from '@tally/kafka-wire';
import { addressOf, connectionTimeoutMs, openSocket, type KafkaConfig } from '../kafka.js';
import { logIn } from './log-in.js';
import { errorOf, LogRefusal } from './log-refusal.js';

/** Of answers to appends and of metadata; more is none of them. */
const MAX_ANSWER_BYTES = 64 << 20;
/** What of the time for which a login holds may go by before a connection is replaced (KIP-368). */
const LOGIN_SHARE = 0.8;

interface InFlight {
  readonly correlationId: number;
  /** By the clock of `performance.now()`. */
  readonly lateAtMs: number;
  /** Throws MalformedFrame. */
  readonly answered: (frame: Buffer) => void;
  readonly failed: (error: Error) => void;
}

/**
 * One connection to a broker, logged in. It has any number of requests in flight, which are answered in
 * their order; the first that is late, or answered by what is no answer, fails it and all of them.
 */
export class BrokerConnection {
  private readonly splitter = new FrameSplitter(MAX_ANSWER_BYTES);
  private readonly inFlight: InFlight[] = [];
  /** First and last version of each API that the broker serves. */
  private served = new Map<number, { readonly min: number; readonly max: number }>();
  private correlationId = 0;
  private lateTimer: NodeJS.Timeout | undefined;
  private replaceAtMs = Infinity;
  private failure: Error | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly config: KafkaConfig,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the log hung up')));
  }

  /** To `host:port`. Rejects where there is no broker, or none that speaks with us, within the time to connect. */
  static async open(broker: string, config: KafkaConfig): Promise<BrokerConnection> {
    const connection = new BrokerConnection(openSocket(addressOf(broker), config.tls), config);
    const timeoutMs = connectionTimeoutMs(config.requestTimeoutMs);
    const timer = setTimeout(
      () => connection.fail(new Error(`no connection to ${broker} within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      await connection.begin();
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return connection;
  }

  /** Whether the next request should go by another one. */
  get isUsedUp(): boolean {
    return this.failure !== undefined || performance.now() > this.replaceAtMs;
  }

  /** Rejects where there is no answer, and where the broker serves no version of the API that we speak. */
  ask<Request, Response>(api: SpokenApi<Request, Response>, request: Request): Promise<Response> {
    return this.exchange(api, request, this.versionOf(api));
  }

  /** Requests that wait for an answer fail. */
  close(): void {
    this.fail(new Error('the connection was closed'));
  }

  /** Closes it when nothing is in flight any more. */
  retire(): void {
    this.replaceAtMs = 0;
    if (this.inFlight.length === 0) this.close();
  }

  private async begin(): Promise<void> {
    // Every broker understands version 0, and answers it with all that it serves.
    const software = { softwareName: '', softwareVersion: '' };
    const { errorCode, apis } = await this.exchange(apiVersions, software, 0);
    if (errorCode !== KAFKA_ERRORS.NONE) throw errorOf(errorCode, 'what the log serves');
    this.served = new Map(apis.map(({ key, min, max }) => [key, { min, max }]));
    const { sasl } = this.config;
    if (sasl === undefined) return;
    const lifetimeMs = await logIn(this, sasl);
    if (lifetimeMs > 0) this.replaceAtMs = performance.now() + lifetimeMs * LOGIN_SHARE;
  }

  private versionOf<Request, Response>(api: SpokenApi<Request, Response>): number {
    const { min = 0, max = -1 } = this.served.get(api.key) ?? {};
    const version = Math.min(api.max, max);
    if (version < Math.max(api.min, min))
      throw new LogRefusal(
        `the log serves ${api.name} ${min} to ${max}, we ${api.min} to ${api.max}`,
      );
    return version;
  }

  private exchange<Request, Response>(
    api: SpokenApi<Request, Response>,
    request: Request,
    version: number,
  ): Promise<Response> {
    const { clientId, requestTimeoutMs } = this.config;
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const correlationId = (this.correlationId = (this.correlationId + 1) % 2 ** 31);
    const frame = encodeRequest(api, request, { version, correlationId, clientId });
    return new Promise((resolve, reject) => {
      this.inFlight.push({
        correlationId,
        lateAtMs: performance.now() + requestTimeoutMs,
        answered: (answer) => resolve(decodeResponse(api, answer, version)),
        failed: reject,
      });
      this.lateTimer ??= setTimeout(() => this.endLate(), requestTimeoutMs);
      this.socket.cork();
      for (const part of frame) this.socket.write(part);
      this.socket.uncork();
    });
  }

  private receive(chunk: Buffer): void {
    this.splitter.push(chunk);
    try {
      for (let frame = this.splitter.next(); frame !== undefined; frame = this.splitter.next()) {
        const [asked] = this.inFlight;
        if (asked?.correlationId !== correlationIdOf(frame))
          throw new Error('the log answered what was not asked');
        asked.answered(frame);
        this.inFlight.shift();
      }
    } catch (error) {
      this.fail(error as Error);
    }
    if (this.inFlight.length === 0 && this.replaceAtMs === 0) this.close();
  }

  /** The oldest one is the first to be late: all have the same time. */
  private endLate(): void {
    this.lateTimer = undefined;
    const [oldest] = this.inFlight;
    if (oldest === undefined) return;
    const leftMs = oldest.lateAtMs - performance.now();
    if (leftMs > 0) this.lateTimer = setTimeout(() => this.endLate(), leftMs + 1);
    else this.fail(new Error(`no answer within ${this.config.requestTimeoutMs} ms`));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    clearTimeout(this.lateTimer);
    this.socket.destroy();
    for (const { failed } of this.inFlight.splice(0)) failed(this.failure);
  }
}
