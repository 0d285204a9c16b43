import { assertNodeName, type ZooKeeperSession } from '@tally/zookeeper';
import { InstanceWatch } from './instance-watch.js';
import { Registration } from './registration.js';
import type { ServiceInstance } from './service-instance.js';

/** How patient watchers of instances are. */
export interface InstanceRegistryOptions {
  /** How long after a reconnect a vanished instance is still listed. Default: session timeout. */
  readonly graceMs?: number;
}

/** Who is alive: ephemeral nodes `/services/<service>/<instance id>`. */
export class InstanceRegistry {
  constructor(
    private readonly session: ZooKeeperSession,
    private readonly options: InstanceRegistryOptions = {},
  ) {}

  /**
   * Registers until `unregister()` or the end of the session object; works on it in the background,
   * see `isRegistered`. An instance that cannot be written is a bug: throws.
   */
  register(service: string, instance: Omit<ServiceInstance, 'service'>): Registration {
    const path = `${this.pathOf(service)}/${assertNodeName(instance.id)}`;
    return new Registration(this.session, path, { ...instance, service });
  }

  /** The instances as they come and go; none until the first list is there. Close it after use. */
  watchInstances(service: string): InstanceWatch {
    const graceMs = this.options.graceMs ?? this.session.sessionTimeoutMs;
    return new InstanceWatch(this.session, this.pathOf(service), graceMs);
  }

  private pathOf(service: string): string {
    return `/services/${assertNodeName(service)}`;
  }
}
