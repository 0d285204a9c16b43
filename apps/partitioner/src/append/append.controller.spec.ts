import { describe, expect, it } from '@jest/globals';
import { ENTRY_HEADER_BYTES, writeEntryHeader } from '@tally/contracts';
import { GatheringQueue } from '@tally/resilience';
import type { AppendJob } from './append-job.js';
import { AppendController } from './append.controller.js';

function requestOf(events: number, eventBytes = 10) {
  const size = ENTRY_HEADER_BYTES + eventBytes;
  const body = Buffer.alloc(events * size);
  for (let at = 0; at < body.length; at += size)
    writeEntryHeader(body, at, eventBytes, Buffer.alloc(16));
  return { schemaId: 1, registryVersion: 3, count: events, events: body };
}

function controllerOf(send: (jobs: readonly AppendJob[]) => Promise<void>) {
  const queue = new GatheringQueue<AppendJob>({
    maxBytes: 1000,
    maxSentBytes: 1000,
    maxInFlight: 1,
    worthwhileBytes: 1,
    maxHoldMs: 1,
    send,
    sizeOf: ({ body }) => body.length,
    goesWith: () => true,
  });
  return new AppendController(queue);
}

describe('an append', () => {
  it('is answered when its events are in the log, and fails when they may not be', async () => {
    const sent: AppendJob[] = [];
    const good = controllerOf((jobs) => Promise.resolve(void sent.push(...jobs)));
    await expect(good.append(requestOf(2))).resolves.toEqual({});
    expect(sent.map(({ entries }) => entries.starts.length - 1)).toEqual([2]);
    const broken = controllerOf(() => Promise.reject(new Error('no disk')));
    await expect(broken.append(requestOf(1))).rejects.toThrow('no disk');
  });

  it('of no events is done without the log', async () => {
    const controller = controllerOf(() => Promise.reject(new Error('nothing to send')));
    await expect(controller.append(requestOf(0))).resolves.toEqual({});
  });

  it.each([
    ['a schema that is not known', { ...requestOf(1), schemaId: 99 }],
    ['another number of events than it says', { ...requestOf(2), count: 3 }],
    ['bytes behind the last event', { ...requestOf(2), count: 1 }],
  ])('with %s is refused', async (_, request) => {
    const controller = controllerOf(() => Promise.resolve());
    await expect(controller.append(request)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('is refused while too many bytes wait, with a code that says that it may be tried again', async () => {
    const controller = controllerOf(() => new Promise(() => undefined));
    void controller.append(requestOf(1, 900));
    await expect(controller.append(requestOf(1, 900))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
