import type { FactoryProvider } from '@nestjs/common';
import { crash } from '@tally/resilience';
import { HealthChecks, Lifecycle, METRICS, type Metrics } from '@tally/service-kit';
import { ZooKeeperSession } from '@tally/zookeeper';
import { Gauge, type Registry } from 'prom-client';
import { InstallationWatch } from './installation-watch.js';

/**
 * Follows the installation, says in readiness and as a metric when ZooKeeper does not have it, and
 * ends the process when ZooKeeper names another: what it remembers is not to be mixed with that.
 */
export const INSTALLATION_PROVIDER: FactoryProvider<InstallationWatch> = {
  provide: InstallationWatch,
  inject: [ZooKeeperSession, HealthChecks, Lifecycle, METRICS],
  useFactory: (
    session: ZooKeeperSession,
    health: HealthChecks,
    lifecycle: Lifecycle,
    { registry }: Metrics,
  ) => {
    const installation = new InstallationWatch({ session, onOther: crash });
    lifecycle.onClose('installation', () => installation.close());
    watchOverInstallation(health, registry, () => installation.assertThere());
    return installation;
  },
};

/**
 * A service that knows its installation goes on without ZooKeeper having it, so it is degraded; one
 * that does not lacks what it has to know, and is not ready for that.
 *
 * @param assert Throws the sentence for people when ZooKeeper and this service do not go together.
 */
export function watchOverInstallation(
  health: HealthChecks,
  registry: Registry,
  assert: () => void,
): void {
  health.add({ name: 'installation', required: false, probe: async () => assert() });
  const gauge = new Gauge({
    name: 'tally_installation_refused',
    help: 'Is 1 while ZooKeeper does not have the installation that this service belongs to, or none yet.',
    registers: [registry],
    collect() {
      try {
        assert();
        gauge.set(0);
      } catch {
        gauge.set(1);
      }
    },
  });
}
