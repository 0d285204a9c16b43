import { uptime } from 'node:os';
import { SECOND_MS } from '@tally/contracts';
import type { ClockReading } from './held-clock.js';

/** A process that is stopped between two readings makes clocks part that did not. */
const AT_ONCE_MS = 5;
const TRIES = 5;

/**
 * The clocks of this machine. The steady one is the time since boot, to 10 ms (proc_uptime(5)): unlike
 * `performance.now` it goes on while the machine sleeps, as the wall clock does.
 */
export function machineClocks(): ClockReading {
  for (let tries = 1; ; tries++) {
    const before = performance.now();
    const reading = { wallMs: Date.now(), steadyMs: uptime() * SECOND_MS };
    if (performance.now() - before < AT_ONCE_MS || tries === TRIES) return reading;
  }
}
