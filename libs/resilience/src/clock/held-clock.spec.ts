import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HeldClock } from './held-clock.js';
import { machineClocks } from './machine-clocks.js';

const MAX_STEP_MS = 1000;
const SLEW = 500e-6;
const START = { wallMs: 1_700_000_000_000, steadyMs: 5_000_000 };

/** A machine whose clocks a test moves, and what its log says of them. */
class Machine {
  wallMs = START.wallMs;
  steadyMs = START.steadyMs;
  readonly steps: number[] = [];
  readonly clock = new HeldClock({
    read: () => ({ wallMs: this.wallMs, steadyMs: this.steadyMs }),
    maxStepMs: MAX_STEP_MS,
    onStep: (byMs) => this.steps.push(byMs),
  });

  /** Time passes, and the wall clock goes wrong by `byMs` meanwhile. */
  pass(ms: number, byMs = 0): this {
    this.steadyMs += ms;
    this.wallMs += ms + byMs;
    return this;
  }

  /** Whether a record would be stamped now, and with what. */
  stamp(): number | undefined {
    const nowMs = this.clock.now();
    return this.clock.stampRefusal() === undefined ? nowMs : undefined;
  }
}

/** Time that passes: from appends that come at once to a log that nobody uses for a month. */
const passes = fc.oneof(fc.nat(50), fc.nat(60_000), fc.nat(30 * 86_400_000));

describe('the clock of the log', () => {
  it('says what the wall clock says, however long nobody asks, while NTP slews it', () => {
    const schedule = fc.array(fc.tuple(passes, fc.double({ min: -1, max: 1, noNaN: true })));
    fc.assert(
      fc.property(schedule, (parts) => {
        const machine = new Machine();
        machine.stamp();
        for (const [ms, rate] of parts) {
          machine.pass(ms, Math.trunc(ms * rate * SLEW));
          expect(machine.stamp()).toBe(machine.wallMs);
        }
        expect(machine.steps).toEqual([]);
      }),
    );
  });

  it('stamps nothing that is further from the steady clock than a step and what NTP may slew', () => {
    const step = fc.oneof(
      fc.constant(0),
      fc.integer({ min: -2_000, max: 2_000 }),
      fc.maxSafeInteger(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(passes, step)), (parts) => {
        const machine = new Machine();
        machine.stamp();
        for (const [ms, byMs] of parts) {
          const stamp = machine.pass(ms, byMs).stamp();
          const passedMs = machine.steadyMs - START.steadyMs;
          const errorMs = machine.wallMs - START.wallMs - passedMs;
          const slewMs = passedMs * SLEW;
          if (stamp !== undefined)
            expect(Math.abs(errorMs)).toBeLessThanOrEqual(MAX_STEP_MS + slewMs);
          // What never parted by so much is stamped.
          else expect(Math.abs(errorMs) + slewMs).toBeGreaterThan(MAX_STEP_MS);
        }
      }),
    );
  });

  it.each([3_600_000, -3_600_000])('refuses after a step of %d ms until it is undone', (byMs) => {
    const machine = new Machine().pass(60_000);
    expect(machine.stamp()).toBe(machine.wallMs);
    expect(machine.pass(1000, byMs).stamp()).toBeUndefined();
    expect(machine.clock.refusal).toBe(
      `the clock of this machine has stepped by ${byMs / 1000}.0 s, expected 1.0 s at most`,
    );
    // A day later it has stepped still; what does not depend on stamps has the time without the step.
    expect(machine.pass(86_400_000).stamp()).toBeUndefined();
    expect(Math.abs(machine.clock.now() - (machine.wallMs - byMs))).toBeLessThan(60_000);
    expect(machine.pass(10, -byMs).stamp()).toBe(machine.wallMs);
    expect(machine.steps).toEqual([byMs, 0]);
  });

  it('takes a clock that is set before anything was stamped, as on a machine that has just booted', () => {
    const machine = new Machine();
    const { clock } = machine.pass(1000, -7_200_000);
    clock.follow(START.wallMs);
    clock.now();
    expect(clock.stampRefusal()).toContain('the last record was appended 7199.0 s later');
    expect(machine.pass(1000, 7_200_000).stamp()).toBe(machine.wallMs);
    expect(machine.pass(1000, 7_200_000).stamp()).toBeUndefined();
  });

  it('sees an hour that comes in small steps', () => {
    const machine = new Machine();
    machine.stamp();
    let stamped = 0;
    while (machine.pass(1000, 100).stamp() !== undefined) stamped += 1;
    expect(stamped).toBe(10);
  });

  it('stamps no record behind one that lies in its future, and takes a clock that is a little behind', () => {
    const { clock, wallMs } = new Machine();
    clock.now();
    clock.follow(wallMs + MAX_STEP_MS);
    expect(clock.refusal).toBeUndefined();
    clock.follow(wallMs + 7_200_000);
    clock.follow(wallMs);
    expect(clock.refusal).toBe(
      'the last record was appended 7200.0 s later than the clock of this machine says, expected 1.0 s at most',
    );
  });

  it('of this machine goes', () => {
    const clock = new HeldClock({ read: machineClocks, maxStepMs: 100 });
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
    expect(clock.refusal).toBeUndefined();
  });
});
