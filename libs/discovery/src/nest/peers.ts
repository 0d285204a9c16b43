import type { ServiceDefinition } from '@grpc/grpc-js';
import { packageDefinition, SECOND_MS } from '@tally/contracts';
import { HealthChecks, Lifecycle, type Metrics, type TlsFiles } from '@tally/service-kit';
import { service as health } from 'grpc-health-check';
import { Counter } from 'prom-client';
import { InstanceRegistry } from '../registry/instance-registry.js';
import type { InstanceWatch } from '../registry/instance-watch.js';
import { ServiceClient } from '../rpc/service-client.js';
import { PeerCheck } from './peer-check.js';

/** Another service: who its instances are, and a client that spreads calls over them. */
export interface Peer {
  readonly instances: InstanceWatch;
  readonly client: ServiceClient;
}

const PROBE_DEADLINE_MS = 1000;
/** One that is not needed, and makes no difference to readiness, is not asked each second. */
const REST_MS = 5 * SECOND_MS;

/** The services that this one calls, each watched and connected once, closed when the process drains. */
export class Peers {
  private readonly peers = new Map<string, Peer>();
  private readonly tooLarge: Counter<'service' | 'method'>;

  constructor(
    private readonly registry: InstanceRegistry,
    private readonly checks: HealthChecks,
    private readonly lifecycle: Lifecycle,
    private readonly tls: TlsFiles | undefined,
    { registry: metrics }: Metrics,
  ) {
    this.tooLarge = new Counter({
      name: 'tally_grpc_messages_too_large_total',
      help: 'Calls of other services that failed because request or answer was larger than the 16 MiB of a message, by service and method.',
      labelNames: ['service', 'method'],
      registers: [metrics],
    });
  }

  /** `service` is the name of an app; its protobuf service follows from it (docs of contracts). */
  of(service: string): Peer {
    const known = this.peers.get(service);
    if (known !== undefined) return known;
    const instances = this.registry.watchInstances(service);
    const client = new ServiceClient({
      service,
      instances,
      client: { service: definitionOf(service) },
      tls: this.tls,
      onTooLarge: (method) => this.tooLarge.inc({ service, method }),
    });
    const peer = { instances, client };
    this.peers.set(service, peer);
    this.lifecycle.onClose(`client of ${service}`, () => {
      client.close();
      instances.close();
    });
    return peer;
  }

  /** Looks again and again whether `service` has an instance that serves: ready, or degraded itself. */
  look(service: string, { required }: { readonly required: boolean }): void {
    const { client, instances } = this.of(service);
    const check = new PeerCheck({
      instances,
      ask: (signal) => client.probe({ deadlineMs: PROBE_DEADLINE_MS, signal }),
      restMs: required ? 0 : REST_MS,
      now: () => performance.now(),
    });
    this.checks.add({ name: service, required, probe: (signal) => check.probe(signal) });
  }
}

/** `shard-proxy` → `tally.shard_proxy.v1.ShardProxyService`; the health service alone where it has none yet. */
function definitionOf(service: string): ServiceDefinition {
  const words = service.split('-');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const name = `tally.${words.join('_')}.v1.${pascal}Service`;
  return (packageDefinition()[name] ?? health) as ServiceDefinition;
}
