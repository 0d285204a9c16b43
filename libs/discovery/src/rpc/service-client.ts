import type { ChannelOptions, Client, MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { TallyError } from '@tally/contracts';
import type { TlsFiles } from '@tally/service-kit';
import type { Outcome } from '@tally/resilience';
import type { Unsubscribe } from '@tally/zookeeper';
import { service as health } from 'grpc-health-check';
import { Balancer, type BalancerOptions, type Lease } from '../balancer/balancer.js';
import type { InstanceSource } from '../registry/instance-watch.js';
import type { ServiceInstance } from '../registry/service-instance.js';
import { Channels } from './channels.js';
import { orAborted } from './or-aborted.js';
import { MessageTooLarge } from './grpc-failure.js';
import { methodOf, unary, type FailedCall } from './unary-call.js';
import { whenReady } from './when-ready.js';

/** Which service is called, and over which instances. */
export interface ServiceClientOptions {
  /** A client constructor of loadPackageDefinition or ts-proto; only its definitions are used. */
  readonly client: { readonly service: ServiceDefinition };
  /** Name of the app, e.g. `query`: in messages, and the name that a certificate has to show. */
  readonly service: string;
  readonly instances: InstanceSource;
  readonly balancer?: Partial<BalancerOptions>;
  /** Mutual TLS; undefined: connections are not encrypted. */
  readonly tls?: TlsFiles | undefined;
  readonly channelOptions?: ChannelOptions;
  /** An instance that takes longer to connect to counts as unreachable. Default 1000. */
  readonly connectTimeoutMs?: number;
  /** Told of each call that failed because a message was too large. */
  readonly onTooLarge?: (method: string) => void;
}

/** The bounds of one call. */
export interface CallOptions {
  /** From now; the server learns it too. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** Carrying it out twice is harmless: tried once more elsewhere if no connection was to be had. */
  readonly idempotent?: boolean;
  /** Which instances may be asked, e.g. by `attributes.shard`. Default: all. */
  readonly select?: (instance: ServiceInstance) => boolean;
  /**
   * Reads the bytes of the answer in place of the definition's own reader, which makes objects of all
   * of it at once and holds the event loop meanwhile.
   */
  readonly readAnswer?: (bytes: Buffer) => object;
  /** The request is a Buffer with the bytes of its message: for who passes it on. */
  readonly isEncoded?: boolean;
}

const asItIs = (bytes: object): Buffer => bytes as Buffer;

/** The answers of grpc.health.v1. */
export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/** Unary calls to a gRPC service, balanced over its instances as they come and go. */
export class ServiceClient {
  private readonly balancer: Balancer;
  private readonly channels: Channels;
  private readonly unsubscribe: Unsubscribe;
  private closed = false;

  constructor(private readonly options: ServiceClientOptions) {
    this.balancer = new Balancer({
      now: () => performance.now(),
      random: Math.random,
      ...options.balancer,
    });
    this.channels = new Channels(options);
    this.unsubscribe = options.instances.onChange((instances) => this.update(instances));
    this.update(options.instances.instances);
  }

  /**
   * `method` as in the .proto. Failures are TallyError with the code that the service gave, else
   * the one of the gRPC status; an abort rejects with the signal's reason; a method that the service
   * lacks is a bug: TypeError.
   */
  async call<Response>(method: string, request: object, options: CallOptions): Promise<Response> {
    const found = methodOf(this.options.client.service, method);
    const { readAnswer, isEncoded = false } = options;
    const definition = {
      ...found,
      ...(readAnswer && { responseDeserialize: readAnswer }),
      ...(isEncoded && { requestSerialize: asItIs }),
    };
    try {
      const { response } = await this.send<Response>(definition, request, options);
      return response;
    } catch (error) {
      if (error instanceof MessageTooLarge) this.options.onTooLarge?.(method);
      throw error;
    }
  }

  /** Asks one picked instance how it is: grpc.health.v1.Health/Check for the whole server. */
  async probe(
    options: CallOptions,
  ): Promise<{ readonly instance: ServiceInstance; readonly status: ServingStatus }> {
    const definition = methodOf(health, 'Check');
    const answer = await this.send<{ status: ServingStatus }>(definition, { service: '' }, options);
    return { instance: answer.instance, status: answer.response.status };
  }

  /** Calls under way go on; each channel closes after its last one. */
  close(): void {
    this.closed = true;
    this.unsubscribe();
    this.update([]);
    this.channels.close();
  }

  private update(all: ReadonlyArray<ServiceInstance>): void {
    const instances = all.filter(({ grpcPort }) => grpcPort !== undefined);
    this.balancer.update(instances);
    this.channels.retain(new Set(instances.map(addressOf)));
  }

  private async send<Response>(
    definition: MethodDefinition<object, object>,
    request: object,
    options: CallOptions,
  ): Promise<{ readonly instance: ServiceInstance; readonly response: Response }> {
    const { deadlineMs, signal, idempotent = false, select = () => true } = options;
    if (!(deadlineMs > 0 && deadlineMs < Infinity)) {
      throw new TypeError(`expected a deadline in ms greater than 0, got ${deadlineMs}`);
    }
    const deadline = Date.now() + deadlineMs;
    const failed = new Set<string>();
    for (;;) {
      signal?.throwIfAborted();
      const lease = this.acquire((instance) => !failed.has(instance.id) && select(instance));
      const { instance } = lease;
      const { client, release } = this.channels.use(addressOf(instance));
      let outcome: Outcome = 'neutral';
      try {
        const result =
          (await this.connect(client, lease, deadline, signal)) ??
          (await unary(client, definition, request, deadline, signal));
        if (result.kind === 'answered') {
          outcome = 'success';
          return { instance, response: result.response as Response };
        }
        // Aborted by the caller: no statement about the instance.
        signal?.throwIfAborted();
        outcome = result.outcome;
        failed.add(instance.id);
        const again = idempotent && !result.mayHaveBeenSent && failed.size === 1;
        const others = this.options.instances.instances.some(
          (other) => other.grpcPort !== undefined && !failed.has(other.id) && select(other),
        );
        if (!again || !others) throw result.error;
      } finally {
        lease.release(outcome);
        release();
      }
    }
  }

  private acquire(select: (instance: ServiceInstance) => boolean): Lease {
    const { service } = this.options;
    if (this.closed) throw new TallyError('unavailable', `the client of ${service} is closed`);
    const lease = this.balancer.acquire(select);
    if (lease !== undefined) return lease;
    const known = this.options.instances.instances.length;
    const message = `no instance of ${service} can be asked (${known} known, none eligible)`;
    throw new TallyError('unavailable', message);
  }

  /** Undefined when connected. */
  private async connect(
    client: Client,
    { instance }: Lease,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<FailedCall | undefined> {
    const { service, tls, connectTimeoutMs = 1000 } = this.options;
    const until = Math.min(deadline, Date.now() + connectTimeoutMs);
    const verdict = await orAborted(whenReady(client, until), signal);
    if (verdict === 'ready') return undefined;
    const to = `to ${instance.id} at ${addressOf(instance)}`;
    const message =
      tls === undefined
        ? `${service}: no connection ${to}; without TLS: TALLY_TLS_CERT_FILE is not set here`
        : `${service}: no connection over mutual TLS ${to}; TALLY_TLS_CERT_FILE has to be set there too`;
    // Too little time to connect in says less about the instance than a refusal.
    const late = verdict === 'timeout' && until === deadline;
    const error = new TallyError(late ? 'deadline_exceeded' : 'unavailable', message);
    const outcome = late ? 'failure' : 'unreachable';
    return { kind: 'failed', outcome, error, mayHaveBeenSent: false };
  }
}

function addressOf({ host, grpcPort }: ServiceInstance): string {
  // An IPv6 address needs brackets before a port.
  return `${host.includes(':') ? `[${host}]` : host}:${grpcPort}`;
}
