import type { InstanceSource } from '../registry/instance-watch.js';
import type { ServiceInstance } from '../registry/service-instance.js';
import type { ServingStatus } from '../rpc/service-client.js';

/** A peer with many instances is fine when one of a few asked is. */
const PROBES = 3;

/** What a check needs, and how long it believes what it heard. */
export interface PeerCheckOptions {
  readonly instances: Pick<InstanceSource, 'instances'>;
  /** Asks one instance how it is. */
  readonly ask: (
    signal: AbortSignal,
  ) => Promise<{ readonly instance: ServiceInstance; readonly status: ServingStatus }>;
  /** So long an instance that served is not asked again, while it is listed; 0: it is asked each time. */
  readonly restMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Whether a peer has an instance that serves: ready, or degraded itself. */
export class PeerCheck {
  private served: { readonly instance: ServiceInstance; readonly atMs: number } | undefined;

  constructor(private readonly options: PeerCheckOptions) {}

  /** Rejects with what the last one asked has said. */
  async probe(signal: AbortSignal): Promise<void> {
    const { ask, now } = this.options;
    if (this.isBelieved) return;
    this.served = undefined;
    let last = '';
    for (let attempt = 0; attempt < PROBES; attempt++) {
      const atMs = now();
      const { instance, status } = await ask(signal);
      if (status === 'SERVING') {
        this.served = { instance, atMs };
        return;
      }
      last = `${instance.id} says ${status}`;
    }
    throw new Error(last);
  }

  /** One that ended or was started anew is listed no more. */
  private get isBelieved(): boolean {
    const { instances, restMs, now } = this.options;
    const { served } = this;
    if (served === undefined || now() - served.atMs >= restMs) return false;
    return instances.instances.includes(served.instance);
  }
}
