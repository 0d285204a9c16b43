import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  apiVersions,
  FrameSplitter,
  KAFKA_ERRORS,
  metadata,
  produce,
  PlainExchange,
  readRecords,
  readRequestHeader,
  saslAuthenticate,
  saslHandshake,
  WireReader,
  writeResponse,
  type Api,
  type ProduceRequest,
  type SaslExchange,
} from '@tally/kafka-wire';

/** What a broker does instead of taking an append. */
export type Whim =
  /** Keeps it, and does not say so. */
  | 'keeps it and hangs up'
  | 'hangs up'
  | 'says nothing'
  | 'answers another'
  | 'answers garbage'
  | 'leaves a partition out'
  /** An error code for each partition, but not for the first where there are several. */
  | number;

export const TOPIC = 'events-0123456789abcdef';

/** Some brokers in this process that do as they are told, and keep the values that they took. */
export class ScriptedCluster {
  /** By partition. */
  readonly kept: string[][];
  /** Node that leads each partition. */
  readonly leaders: number[];
  /** What is done to the next appends; the others are taken. */
  readonly whims: Whim[] = [];
  /** `node: partitions`, of each append that came in, and how often the others were asked. */
  readonly appends: string[] = [];
  readonly asked = new Map<string, number>();
  connections = 0;
  topicError: number = KAFKA_ERRORS.NONE;
  produceVersions = { min: 3, max: 8 };
  /** Of a login, and who may log in; nobody has to where it is absent. */
  login: { readonly lifetimeMs: bigint; readonly exchange: () => SaslExchange } | undefined;
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(partitions: number) {
    this.kept = Array.from({ length: partitions }, () => []);
    this.leaders = Array.from({ length: partitions }, () => 0);
  }

  static async start(nodes: number, partitions: number): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster(partitions);
    for (let node = 0; node < nodes; node++) {
      const server = createServer((socket) => cluster.serve(node, socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      cluster.servers.push(server);
    }
    return cluster;
  }

  get brokers(): string[] {
    return this.servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  stop(): void {
    for (const server of this.servers) server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(node: number, socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    const splitter = new FrameSplitter(1 << 24);
    const exchange = this.login?.exchange();
    let line = Promise.resolve();
    socket.on('data', (chunk: Buffer) => {
      splitter.push(chunk);
      for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
        const request = frame;
        line = line.then(() => this.answer(node, socket, request, exchange));
      }
    });
  }

  private async answer(
    node: number,
    socket: Socket,
    frame: Buffer,
    exchange: SaslExchange | undefined,
  ): Promise<void> {
    const reader = new WireReader(frame);
    const { apiKey, apiVersion, correlationId } = readRequestHeader(reader);
    const reply = <Response>(
      api: Api<unknown, Response>,
      response: Response,
      id = correlationId,
    ) => {
      for (const part of writeResponse(id, (to) => api.writeResponse(to, response, apiVersion)))
        socket.write(part);
    };
    const count = (name: string) => this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
    switch (apiKey) {
      case apiVersions.key: {
        const { min, max } = this.produceVersions;
        const apis = [metadata, saslHandshake, saslAuthenticate, apiVersions];
        const served = apis.map((api) => ({ key: api.key, min: api.min, max: api.max }));
        return reply(apiVersions, { errorCode: 0, apis: [...served, { key: 0, min, max }] });
      }
      case saslHandshake.key:
        return reply(saslHandshake, { errorCode: 0, mechanisms: [] });
      case saslAuthenticate.key: {
        count('login');
        const { token } = saslAuthenticate.readRequest(reader, apiVersion);
        const step = await exchange?.next(token);
        const isIn = step !== undefined && step.kind !== 'failed';
        return reply(saslAuthenticate, {
          errorCode: isIn ? 0 : KAFKA_ERRORS.SASL_AUTHENTICATION_FAILED,
          errorMessage: null,
          token: isIn ? step.token : Buffer.alloc(0),
          sessionLifetimeMs: this.login?.lifetimeMs ?? 0n,
        });
      }
      case metadata.key:
        count('metadata');
        return reply(metadata, this.metadata());
      default: {
        const request = produce.readRequest(reader, apiVersion);
        const partitions = request.topics.flatMap((topic) => topic.partitions);
        this.appends.push(`${node}: ${partitions.map(({ partition }) => partition).join()}`);
        return this.append(request, node, {
          hangUp: () => socket.destroy(),
          say: (bytes) => socket.write(bytes),
          reply: (response, id) => reply(produce, response, id ?? correlationId),
        });
      }
    }
  }

  private metadata() {
    const brokers = this.brokers.map((address, nodeId) => ({
      nodeId,
      host: '127.0.0.1',
      port: Number(address.split(':')[1]),
    }));
    const partitions = this.leaders.map((leaderId, partition) => ({
      errorCode: 0,
      partition,
      leaderId,
      leaderEpoch: 0,
      replicas: [leaderId],
      isr: [leaderId],
    }));
    const topic = { errorCode: this.topicError, name: TOPIC, isInternal: false, partitions };
    return { brokers, clusterId: 'c', controllerId: 0, topics: [topic] };
  }

  private append(request: ProduceRequest, node: number, to: Caller): void {
    const whim = this.whims.shift();
    if (whim === 'hangs up') return to.hangUp();
    if (whim === 'says nothing') return undefined;
    if (whim === 'answers garbage') return to.say(Buffer.from('HTTP/1.1 400 Bad Request\r\n'));
    const codeOf = (index: number, partition: number) => {
      if (this.leaders[partition] !== node) return KAFKA_ERRORS.NOT_LEADER_OR_FOLLOWER;
      return typeof whim === 'number' && (index > 0 || !several) ? whim : KAFKA_ERRORS.NONE;
    };
    const asked = request.topics.flatMap(({ partitions }) => partitions);
    const several = asked.length > 1;
    const told = asked.map(({ partition, records }, index) => {
      const errorCode = codeOf(index, partition);
      if (errorCode === KAFKA_ERRORS.NONE)
        this.kept[partition]?.push(
          ...readRecords(records ?? Buffer.alloc(0)).map(({ value }) => String(value)),
        );
      const nowhere = { baseOffset: 0n, logStartOffset: 0n, errorMessage: null };
      return { ...nowhere, partition, errorCode, logAppendTimeMs: 1_764_000_000_000n };
    });
    if (whim === 'keeps it and hangs up') return to.hangUp();
    const partitions = whim === 'leaves a partition out' ? told.slice(1) : told;
    return to.reply(
      { topics: [{ name: TOPIC, partitions }] },
      whim === 'answers another' ? -5 : undefined,
    );
  }
}

interface Caller {
  readonly hangUp: () => void;
  readonly say: (bytes: Buffer) => void;
  readonly reply: (
    response: Parameters<typeof produce.writeResponse>[1],
    correlationId?: number,
  ) => void;
}

/** Lets one user in by its password. */
export const plainLogin = (user: string, password: string): SaslExchange =>
  new PlainExchange(async (name, said) => name === user && said === password);
