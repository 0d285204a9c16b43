import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { Backoff } from './backoff.js';
import { CoalescedTask } from './coalesced-task.js';

const backoff = () => new Backoff({ firstMs: 1 });
const ignore = () => undefined;

describe('CoalescedTask', () => {
  it('runs once more for all kicks that come while a step is under way, never two at a time', async () => {
    const gates: (() => void)[] = [];
    let running = 0;
    let mostRunning = 0;
    const task = new CoalescedTask(
      async () => {
        mostRunning = Math.max(mostRunning, ++running);
        await new Promise<void>((resolve) => gates.push(resolve));
        running -= 1;
      },
      { backoff: backoff(), onFailure: ignore },
    );
    task.kick();
    task.kick();
    task.kick();
    gates.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(gates).toHaveLength(1);
    gates.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect([gates.length, running, mostRunning]).toEqual([0, 0, 1]);
  });

  it('runs a failed step again by itself, and tells of the failure', async () => {
    let steps = 0;
    const failures: string[] = [];
    await new Promise<void>((resolve) => {
      const task = new CoalescedTask(
        async () => {
          steps += 1;
          if (steps < 3) throw new TallyError('unavailable', `failure ${steps}`);
          resolve();
        },
        { backoff: backoff(), onFailure: ({ message }) => void failures.push(message) },
      );
      task.kick();
    });
    expect(failures).toEqual(['failure 1', 'failure 2']);
  });

  it('stop waits for the step under way, after which none starts', async () => {
    let ended = false;
    let steps = 0;
    const task = new CoalescedTask(
      async () => {
        steps += 1;
        await new Promise((resolve) => setImmediate(resolve));
        ended = true;
      },
      { backoff: backoff(), onFailure: ignore },
    );
    task.kick();
    task.kick();
    await task.stop();
    task.kick();
    await new Promise((resolve) => setImmediate(resolve));
    expect([ended, steps]).toEqual([true, 1]);
  });
});
