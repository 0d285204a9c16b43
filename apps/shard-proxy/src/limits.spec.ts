import { describe, expect, it } from '@jest/globals';
import { settings } from './config.js';
import { limitProblems } from './limits.js';

const DEFAULTS = {
  writeTimeoutMs: settings.writeTimeoutMs.schema.parse(undefined),
  lockTimeoutMs: settings.lockTimeoutMs.schema.parse(undefined),
  shardDeadlineMs: settings.shardDeadlineMs.schema.parse(undefined),
};

describe('the times of a delta', () => {
  it('fit as they come', () => {
    expect(limitProblems(DEFAULTS)).toEqual([]);
  });

  it('are refused when a try outlives the next one, or the wait for a lock outlives the try', () => {
    const { shardDeadlineMs, writeTimeoutMs } = DEFAULTS;
    expect(limitProblems({ ...DEFAULTS, writeTimeoutMs: shardDeadlineMs })).toEqual([
      expect.stringMatching(/^TALLY_WRITE_TIMEOUT_MS: expected less than .* \(5000\), got 5000/),
    ]);
    expect(limitProblems({ ...DEFAULTS, lockTimeoutMs: writeTimeoutMs })).toEqual([
      expect.stringMatching(/^TALLY_LOCK_TIMEOUT_MS: expected less than .* \(4000\), got 4000/),
    ]);
  });
});
