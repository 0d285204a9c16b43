import { describe, expect, it } from '@jest/globals';
import { ENTRY_HEADER_BYTES, writeEntryHeader } from '@tally/contracts';
import { GatheringQueue, LearnedClock } from '@tally/resilience';
import { AppendExpiry } from '../expiry/append-expiry.js';
import type { AppendJob, AppendOutcome } from './append-job.js';
import { AppendController } from './append.controller.js';

function requestOf(events: number, eventBytes = 10) {
  const size = ENTRY_HEADER_BYTES + eventBytes;
  const body = Buffer.alloc(events * size);
  for (let at = 0; at < body.length; at += size)
    writeEntryHeader(body, at, eventBytes, Buffer.alloc(16));
  return { schemaId: 1, registryVersion: 3, count: events, events: body, catalogPosition: '0' };
}

function controllerOf(send: (jobs: readonly AppendJob[]) => Promise<AppendOutcome>) {
  const clock = new LearnedClock();
  const topic = { name: 'events-0123456789abcdef', partitions: 4, dedupWindowMs: 60_000 };
  const expiry = new AppendExpiry({ get: () => topic }, clock);
  const queue = new GatheringQueue<AppendJob, AppendOutcome>({
    maxBytes: 1000,
    maxSentBytes: 1000,
    maxInFlight: 1,
    worthwhileBytes: 1,
    maxHoldMs: 1,
    send,
    sizeOf: ({ body }) => body.length,
    goesWith: () => true,
  });
  return { controller: new AppendController(queue, expiry), clock };
}

const isIn = async (): Promise<AppendOutcome> => 'durable';

describe('an append', () => {
  it('is answered when its events are in the log, and fails when they may not be', async () => {
    const sent: AppendJob[] = [];
    const good = controllerOf((jobs) => {
      sent.push(...jobs);
      return isIn();
    });
    await expect(good.controller.append(requestOf(2))).resolves.toEqual({ expired: false });
    expect(sent.map(({ entries }) => entries.starts.length - 1)).toEqual([2]);
    const broken = controllerOf(() => Promise.reject(new Error('no disk')));
    await expect(broken.controller.append(requestOf(1))).rejects.toThrow('no disk');
  });

  it('of no events is done without the log', async () => {
    const { controller } = controllerOf(() => Promise.reject(new Error('nothing to send')));
    await expect(controller.append(requestOf(0))).resolves.toEqual({ expired: false });
  });

  it('is not sent when the log could only append it in vain, and says what time the log has', async () => {
    const { controller, clock } = controllerOf(() => Promise.reject(new Error('nothing to send')));
    const now = 1_764_000_000_000;
    clock.learn(now, clock.monotonicMs);
    for (const arrivedMs of [now - 60_000, now + 60_000]) {
      const answer = await controller.append({ ...requestOf(1), arrivedMs: String(arrivedMs) });
      expect(answer.expired).toBe(true);
      expect(Number(answer.logTimeMs) - now).toBeLessThan(10_000);
    }
  });

  it('is sent whatever it says as long as the log has not said what time it has', async () => {
    const { controller } = controllerOf(isIn);
    const answer = await controller.append({ ...requestOf(1), arrivedMs: '5' });
    expect(answer).toEqual({ expired: false });
  });

  it('that came in too late says so; to those who cannot hear it, that it may be tried again', async () => {
    const { controller } = controllerOf(async () => 'expired');
    const said = { ...requestOf(1), arrivedMs: String(Date.now()) };
    await expect(controller.append(said)).resolves.toMatchObject({ expired: true });
    await expect(controller.append(requestOf(1))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['a schema that is not known', { ...requestOf(1), schemaId: 99 }],
    ['another number of events than it says', { ...requestOf(2), count: 3 }],
    ['bytes behind the last event', { ...requestOf(2), count: 1 }],
    ['an arrival before 1970', { ...requestOf(1), arrivedMs: '-1' }],
  ])('with %s is refused', async (_, request) => {
    const { controller } = controllerOf(isIn);
    await expect(controller.append(request)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('is refused while too many bytes wait, with a code that says that it may be tried again', async () => {
    const { controller } = controllerOf(() => new Promise(() => undefined));
    void controller.append(requestOf(1, 900));
    await expect(controller.append(requestOf(1, 900))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
