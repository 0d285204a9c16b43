import { describe, expect, it } from '@jest/globals';
import { InstanceHealth } from './instance-health.js';

function health() {
  const clock = { now: 0 };
  const options = { failuresToEject: 3, minEjectionMs: 1000, maxEjectionMs: 3000 };
  return { clock, instance: new InstanceHealth(options, () => clock.now) };
}

describe('the health of an instance', () => {
  it('is lost by as many failures in a row as asked for', () => {
    const { instance } = health();
    for (const outcome of ['failure', 'failure', 'success', 'failure', 'failure'] as const) {
      instance.begin()(outcome);
    }
    expect(instance.isHealthy).toBe(true);
    instance.begin()('failure');
    expect(instance.isHealthy).toBe(false);
  });

  it('is lost by one connection failure, and not by what the caller cancelled', () => {
    const { instance } = health();
    for (let calls = 0; calls < 10; calls++) instance.begin()('neutral');
    expect(instance.isHealthy).toBe(true);
    instance.begin()('unreachable');
    expect(instance.isHealthy).toBe(false);
  });

  it('lets one probe through when its time is up, and its success brings it back', () => {
    const { clock, instance } = health();
    instance.begin()('unreachable');
    clock.now = 999;
    expect(instance.isProbeDue).toBe(false);
    clock.now = 1000;
    expect(instance.isProbeDue).toBe(true);
    const probe = instance.begin();
    expect(instance.isProbeDue).toBe(false);
    probe('success');
    expect([instance.isHealthy, instance.inFlight]).toEqual([true, 0]);
  });

  it('is ejected again, longer, by each failed probe, up to the bound', () => {
    const { clock, instance } = health();
    instance.begin()('unreachable');
    for (const ejectionMs of [1000, 2000, 3000, 3000]) {
      clock.now += ejectionMs - 1;
      expect(instance.isProbeDue).toBe(false);
      clock.now += 1;
      instance.begin()('failure');
    }
    expect(instance.isHealthy).toBe(false);
  });

  it('a probe that said nothing leaves room for another', () => {
    const { clock, instance } = health();
    instance.begin()('unreachable');
    clock.now = 1000;
    instance.begin()('neutral');
    expect(instance.isProbeDue).toBe(true);
  });

  it('calls that fail together eject once, and those that were late do not bring it back', () => {
    const { clock, instance } = health();
    const calls = Array.from({ length: 50 }, () => instance.begin());
    for (const end of calls.slice(0, 49)) end('unreachable');
    calls[49]?.('success');
    expect([instance.isHealthy, instance.inFlight]).toEqual([false, 0]);
    clock.now = 1000;
    expect(instance.isProbeDue).toBe(true);
  });

  it('a call ends once', () => {
    const { instance } = health();
    const end = instance.begin();
    end('success');
    end('unreachable');
    expect([instance.isHealthy, instance.inFlight]).toEqual([true, 0]);
  });
});
