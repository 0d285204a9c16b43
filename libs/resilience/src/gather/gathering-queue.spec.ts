import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GatheringQueue } from './gathering-queue.js';

interface Job {
  readonly size: number;
  readonly kind: number;
}

const job = (size: number, kind = 0): Job => ({ size, kind });

/** Confirms what is sent when told to. */
function heldCalls() {
  const calls: { jobs: readonly Job[]; confirm(): void; fail(error: Error): void }[] = [];
  const send = (jobs: readonly Job[]) =>
    new Promise<void>((confirm, fail) => calls.push({ jobs, confirm, fail }));
  return { calls, send, sizes: () => calls.map(({ jobs }) => jobs.length) };
}

const options = {
  maxBytes: 1000,
  maxSentBytes: 300,
  maxInFlight: 1,
  worthwhileBytes: 1,
  maxHoldMs: 20,
  sizeOf: ({ size }: Job) => size,
  goesWith: ({ kind }: Job, first: Job) => kind === first.kind,
};

describe('the gathering queue', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('sends a job at once when nothing is on its way, and gathers the others meanwhile', async () => {
    const { calls, send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, send });
    const first = queue.add(job(100));
    const others = [queue.add(job(100)), queue.add(job(100))];
    expect(sizes()).toEqual([1]);
    calls[0]?.confirm();
    await first;
    expect(sizes()).toEqual([1, 2]);
    calls[1]?.confirm();
    for (const other of others) await other;
    expect(queue.queuedBytes).toBe(0);
  });

  it('has no more calls on their way than it may', () => {
    const { send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, maxInFlight: 2, send });
    for (let added = 0; added < 5; added++) void queue.add(job(1));
    expect(sizes()).toEqual([1, 1]);
  });

  it('makes a second call at once only for what is worth it', () => {
    const { send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, maxInFlight: 3, worthwhileBytes: 100, send });
    for (let added = 0; added < 12; added++) void queue.add(job(10));
    expect(sizes()).toEqual([1, 10]);
  });

  it('holds up little for a while only, so that a call that hangs does not hold up others', () => {
    const { send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, maxInFlight: 3, worthwhileBytes: 100, send });
    for (let added = 0; added < 4; added++) void queue.add(job(10));
    jest.advanceTimersByTime(19);
    expect(sizes()).toEqual([1]);
    jest.advanceTimersByTime(1);
    expect(sizes()).toEqual([1, 3]);
    void queue.add(job(10));
    jest.advanceTimersByTime(20);
    expect(sizes()).toEqual([1, 3, 1]);
  });

  it('waits for as many as were just done, since those come again', async () => {
    const { calls, send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, worthwhileBytes: 1000, send });
    const first = queue.add(job(10));
    const others = [queue.add(job(10)), queue.add(job(10))];
    jest.advanceTimersByTime(15);
    calls[0]?.confirm();
    await first;
    expect(sizes()).toEqual([1]);
    others.push(queue.add(job(10)));
    expect(sizes()).toEqual([1, 3]);
    calls[1]?.confirm();
    for (const other of others) await other;
    for (let added = 0; added < 2; added++) void queue.add(job(10));
    expect(sizes()).toEqual([1, 3]);
    void queue.add(job(10));
    expect(sizes()).toEqual([1, 3, 3]);
  });

  it.each([
    ['as long as those took', 7, 100, 7],
    ['as long as anything is held', 50, 12, 12],
  ])('waits for them %s, and not longer', async (_how, tookMs, maxHoldMs, waitedMs) => {
    const { calls, send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, worthwhileBytes: 1000, maxHoldMs, send });
    const first = queue.add(job(10));
    jest.advanceTimersByTime(tookMs);
    void queue.add(job(10));
    calls[0]?.confirm();
    await first;
    jest.advanceTimersByTime(waitedMs - 1);
    expect(sizes()).toEqual([1]);
    jest.advanceTimersByTime(1);
    expect(sizes()).toEqual([1, 1]);
  });

  it('does not wait for what is worth a call, for a caller who is alone, nor for those who do not come', async () => {
    const { calls, send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, worthwhileBytes: 1000, send });
    const done = async (call: number, jobs: readonly (Promise<void> | undefined)[]) => {
      jest.advanceTimersByTime(5);
      calls[call]?.confirm();
      for (const one of jobs) await one;
    };
    await done(0, [queue.add(job(10))]);
    const alone = queue.add(job(10));
    expect(sizes()).toEqual([1, 1]);
    const gathered = [queue.add(job(10)), queue.add(job(10))];
    jest.advanceTimersByTime(5);
    calls[1]?.confirm();
    await alone;
    gathered.push(queue.add(job(10)));
    expect(sizes()).toEqual([1, 1, 3]);
    await done(2, gathered);
    const large = queue.add(job(125));
    expect(sizes()).toEqual([1, 1, 3, 1]);
    const behind = [queue.add(job(1)), queue.add(job(1))];
    await done(3, [large]);
    jest.advanceTimersByTime(5);
    await done(4, behind);
    jest.advanceTimersByTime(5);
    void queue.add(job(1));
    expect(sizes()).toEqual([1, 1, 3, 1, 2, 1]);
  });

  it('puts together at most what one call may hold, and only what goes together', async () => {
    const { calls, send, sizes } = heldCalls();
    const queue = new GatheringQueue({ ...options, send });
    const done = [job(1), job(200), job(100), job(1), job(1, 7), job(1, 7)].map((one) =>
      queue.add(one),
    );
    for (let round = 0; round < 4; round++) {
      calls[round]?.confirm();
      await done[[0, 2, 3, 5][round] ?? 0];
    }
    expect(sizes()).toEqual([1, 2, 1, 2]);
  });

  it('fails exactly the jobs whose call failed, and goes on', async () => {
    const { calls, send } = heldCalls();
    const queue = new GatheringQueue({ ...options, send });
    const first = queue.add(job(10));
    const second = queue.add(job(10));
    calls[0]?.fail(new Error('no disk'));
    await expect(first).rejects.toThrow('no disk');
    calls[1]?.confirm();
    await expect(second).resolves.toBeUndefined();
  });

  it('refuses what it cannot hold, and takes it when there is room again', async () => {
    const { calls, send } = heldCalls();
    const queue = new GatheringQueue({ ...options, send });
    const first = queue.add(job(900));
    expect(queue.add(job(101))).toBeUndefined();
    calls[0]?.confirm();
    await first;
    const second = queue.add(job(101));
    expect(second).toBeDefined();
    calls[1]?.confirm();
    await second;
  });
});
