import { describe, expect, it } from '@jest/globals';
import { LOG_FAULTS, tryLogFault } from './log/log-faults.js';

const TIMEOUT_MS = 150_000;
const SEED = 1;

describe('what the log acknowledged is there', () => {
  it.each(LOG_FAULTS.map((fault) => ({ name: fault.name, fault })))(
    'after $name',
    async ({ fault }) => {
      expect(fault.lacks()).toBeUndefined();
      expect(await tryLogFault(fault, SEED)).not.toBe('');
    },
    TIMEOUT_MS,
  );
});

describe('it is not', () => {
  const without = LOG_FAULTS.flatMap((fault) =>
    fault.controls.map((control) => ({
      name: fault.name,
      protection: control.name,
      fault,
      control,
    })),
  );
  it.each(without)(
    'after $name when a protection is away: $protection',
    async ({ fault, control }) => {
      await expect(tryLogFault(fault, SEED, control)).rejects.toThrow(control.failure);
    },
    TIMEOUT_MS,
  );
});
