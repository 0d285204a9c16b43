import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../rig/until.js';
import { ZOOKEEPER_SESSION_MS } from '../rig/failure-stack.js';
import type { Fault } from '../trial.js';

export const killZooKeeper: Fault = {
  name: 'kill-zookeeper',
  story:
    'ZooKeeper is killed and stays away for longer than any session: services say that they are degraded and go on, and all register again.',
  async inflict(trial) {
    const { on, random } = trial;
    const gateway = `${on.addresses.admin['gateway']}/health/ready`;
    const status = async () => ((await (await fetch(gateway)).json()) as { status: string }).status;
    await on.stack.crash(['zookeeper']);
    await delay(ZOOKEEPER_SESSION_MS + random.between(0, 2000));
    await until('the gateway is degraded', async () => (await status()) !== 'ready');
    const before = trial.record.acknowledgedRequests;
    await trial.acknowledged(10);
    on.stack.revive('zookeeper');
    await on.running(['zookeeper']);
    const meanwhile = trial.record.acknowledgedRequests - before;
    return `sessions lost; ${meanwhile} requests acknowledged without ZooKeeper`;
  },
};
