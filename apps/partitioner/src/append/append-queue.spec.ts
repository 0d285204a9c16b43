import { describe, expect, it } from '@jest/globals';
import type { Entries } from '@tally/contracts';
import { AppendQueue, type AppendJob } from './append-queue.js';

const job = (size: number, registryVersion = 0): AppendJob => ({
  schemaId: 1,
  registryVersion,
  body: Buffer.alloc(size),
  entries: { kind: 'entries', starts: new Uint32Array(2) } satisfies Entries,
  trace: undefined,
});

/** A log that confirms when told to. */
function heldLog() {
  const appends: { jobs: readonly AppendJob[]; confirm(): void; fail(error: Error): void }[] = [];
  const append = (jobs: readonly AppendJob[]) =>
    new Promise<void>((confirm, fail) => appends.push({ jobs, confirm, fail }));
  return { appends, append };
}

const limits = { maxQueuedBytes: 1000, maxAppendBytes: 300, maxAppendsInFlight: 1 };

describe('the append queue', () => {
  it('sends a request at once when nothing is on its way, and gathers the others meanwhile', async () => {
    const log = heldLog();
    const queue = new AppendQueue({ ...limits, append: log.append });
    const done = [queue.add(job(100)), queue.add(job(100)), queue.add(job(100))];
    expect(log.appends.map(({ jobs }) => jobs.length)).toEqual([1]);
    log.appends[0]?.confirm();
    await done[0];
    expect(log.appends.map(({ jobs }) => jobs.length)).toEqual([1, 2]);
    log.appends[1]?.confirm();
    await Promise.all(done);
    expect(queue.queuedBytes).toBe(0);
  });

  it('puts together at most what one append may hold, and only what has one registry version', async () => {
    const log = heldLog();
    const queue = new AppendQueue({ ...limits, append: log.append });
    const done = [job(1), job(200), job(100), job(1), job(1, 7), job(1, 7)].map((one) =>
      queue.add(one),
    );
    for (let round = 0; round < 4; round++) {
      log.appends[round]?.confirm();
      await done[[0, 2, 3, 5][round] ?? 0];
    }
    expect(log.appends.map(({ jobs }) => jobs.length)).toEqual([1, 2, 1, 2]);
  });

  it('fails exactly the requests whose append failed, and goes on', async () => {
    const log = heldLog();
    const queue = new AppendQueue({ ...limits, append: log.append });
    const first = queue.add(job(10));
    const second = queue.add(job(10));
    log.appends[0]?.fail(new Error('no disk'));
    await expect(first).rejects.toThrow('no disk');
    log.appends[1]?.confirm();
    await expect(second).resolves.toBeUndefined();
  });

  it('refuses what it cannot hold, and takes it when there is room again', async () => {
    const log = heldLog();
    const queue = new AppendQueue({ ...limits, append: log.append });
    const first = queue.add(job(900));
    expect(() => queue.add(job(101))).toThrow(/already wait/);
    log.appends[0]?.confirm();
    await first;
    const second = queue.add(job(101));
    log.appends[1]?.confirm();
    await second;
  });
});
