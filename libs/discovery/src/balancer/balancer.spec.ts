import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from '@tally/resilience';
import type { ServiceInstance } from '../registry/service-instance.js';
import { Balancer, type Lease } from './balancer.js';

function instance(id: string, more: Partial<ServiceInstance> = {}): ServiceInstance {
  const address = { service: 'query', host: '10.0.0.1', grpcPort: 9207, adminPort: 9107 };
  const startedAt = '2026-01-01T00:00:00Z';
  return { id, ...address, startedAt, version: '1', attributes: {}, ...more };
}

function balancer(random: () => number = Math.random) {
  const clock = { now: 0 };
  return { clock, balancer: new Balancer({ now: () => clock.now, random }) };
}

const [a, b] = [instance('a'), instance('b')];

describe('a balancer', () => {
  it('has nothing to give without an instance, or when none is selected', () => {
    const { balancer: empty } = balancer();
    expect(empty.acquire()).toBeUndefined();
    empty.update([a]);
    expect(empty.acquire(() => false)).toBeUndefined();
  });

  it('of two instances always picks the one with fewer calls in flight', () => {
    const { balancer: two } = balancer();
    two.update([a, b]);
    const first = two.acquire();
    for (let call = 0; call < 20; call++) {
      const second = two.acquire();
      expect(second?.instance.id).not.toBe(first?.instance.id);
      second?.release('success');
    }
  });

  it('does not pick an ejected instance until its time, then for one call alone', () => {
    const { clock, balancer: two } = balancer();
    two.update([a, b]);
    two.acquire(({ id }) => id === 'a')?.release('unreachable');
    const picked = () => {
      const lease = two.acquire();
      return lease?.instance.id;
    };
    expect([picked(), picked(), picked()]).toEqual(['b', 'b', 'b']);
    clock.now = 1000;
    expect([picked(), picked(), picked()]).toEqual(['a', 'b', 'b']);
  });

  it('when all are ejected still picks one, and its success brings it back', () => {
    const { balancer: two } = balancer(() => 0);
    two.update([a, b]);
    for (const id of ['a', 'b']) two.acquire((item) => item.id === id)?.release('unreachable');
    const lease = two.acquire();
    expect(lease).toBeDefined();
    lease?.release('success');
    expect(two.acquire()?.instance.id).toBe(lease?.instance.id);
  });

  it('keeps the state of instances that stay, and starts anew with one that was restarted', () => {
    const { balancer: two } = balancer();
    two.update([a, b]);
    two.acquire(({ id }) => id === 'a')?.release('unreachable');
    const renamed = instance('a', { attributes: { role: 'replica' } });
    two.update([renamed, b]);
    expect(two.acquire()?.instance.id).toBe('b');
    two.update([instance('a', { startedAt: '2026-01-02T00:00:00Z' }), b]);
    // b has a call in flight, a is new.
    expect(two.acquire()?.instance.id).toBe('a');
  });

  type Step =
    | { readonly kind: 'acquire' }
    | { readonly kind: 'release'; readonly index: number; readonly outcome: Outcome }
    | { readonly kind: 'wait'; readonly ms: number }
    | { readonly kind: 'update'; readonly ids: readonly string[] };

  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    fc.constant({ kind: 'acquire' } as const),
    fc.record({
      kind: fc.constant('release' as const),
      index: fc.nat(50),
      outcome: fc.constantFrom<Outcome[]>('success', 'failure', 'unreachable', 'neutral'),
    }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }),
    fc.record({
      kind: fc.constant('update' as const),
      ids: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
    }),
  );

  it('whatever happens picks an instance of the list, and brings all back once they are well', () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 200 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (steps, randoms) => {
          const random = () => (randoms.next().value as number | undefined) ?? 0;
          const { clock, balancer: under } = balancer(random);
          let ids: readonly string[] = ['a', 'b'];
          under.update(ids.map((id) => instance(id)));
          const leases: Lease[] = [];
          for (const step of steps) {
            if (step.kind === 'acquire') {
              const lease = under.acquire();
              if (lease === undefined || !ids.includes(lease.instance.id)) return false;
              leases.push(lease);
            } else if (step.kind === 'release') {
              leases.splice(step.index, 1)[0]?.release(step.outcome);
            } else if (step.kind === 'wait') {
              clock.now += step.ms;
            } else {
              ({ ids } = step);
              under.update(ids.map((id) => instance(id)));
            }
          }
          for (const lease of leases) lease.release('neutral');
          // The longest ejection has passed: each is probed, succeeds and is healthy again.
          clock.now += 30_000;
          for (let calls = 0; calls < ids.length; calls++) under.acquire()?.release('success');
          // With nothing in flight and all healthy, as many calls go to as many instances in turns
          // of two random choices: nobody may be picked while the other choice has fewer in flight.
          const inFlight = new Map(ids.map((id) => [id, 0]));
          for (let calls = 0; calls < 50 * ids.length; calls++) {
            const id = under.acquire()?.instance.id ?? '';
            const most = Math.max(...inFlight.values());
            const fewest = Math.min(...inFlight.values());
            // Picking the single most loaded one would need it to be the less loaded of two.
            const loaded = [...inFlight.values()].filter((count) => count === most).length;
            if (ids.length > 1 && most > fewest && loaded === 1 && inFlight.get(id) === most)
              return false;
            inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
          }
          return true;
        },
      ),
    );
  });

  it('spreads a thousand calls in flight nearly evenly', () => {
    const { balancer: four } = balancer();
    four.update(['a', 'b', 'c', 'd'].map((id) => instance(id)));
    const counts = new Map<string, number>();
    for (let calls = 0; calls < 1000; calls++) {
      const id = four.acquire()?.instance.id ?? '';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThan(20);
  });
});
