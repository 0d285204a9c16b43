import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Objects } from './objects.js';
import { render } from './render.js';
import { checkRoom } from './room.js';

const ROOT = join(import.meta.dirname, '../../..');

/** MiB and milli-CPUs that a Deployment of one pod asks for. */
const askingFor = (cpu: string, memory: string, strategy: object) => [
  {
    kind: 'Deployment',
    spec: {
      replicas: 1,
      strategy,
      template: { spec: { containers: [{ resources: { requests: { cpu, memory } } }] } },
    },
  },
];

describe('the room on a node of two cores and 4 GiB', () => {
  const without = (cpu: string, memory: string, strategy: object) =>
    checkRoom(askingFor(cpu, memory, strategy) as unknown as Objects);
  const surging = (maxSurge: number | string) => ({ rollingUpdate: { maxSurge } });

  it('is enough for the overlay dev with all its rollouts at once', () => {
    expect(checkRoom(render(join(ROOT, 'k8s/overlays/dev')) as Objects)).toEqual([]);
  });

  it('has to be enough for the new pods of a rollout beside the old ones', () => {
    expect(without('600m', '64Mi', { type: 'Recreate' })).toEqual([]);
    expect(without('525m', '1753Mi', surging(1))).toEqual([]);
    for (const strategy of [surging(1), surging('25%'), {}])
      expect(without('600m', '1Gi', strategy)).toEqual([
        'expected requests of at most 1050m CPU during rollouts, got 1200m',
      ]);
    expect(without('1m', '2Gi', surging(1))).toEqual([
      'expected requests of at most 3506 MiB during rollouts, got 4096 MiB',
    ]);
  });
});
