import { afterEach, describe, expect, it } from '@jest/globals';
import { HeldClock } from '@tally/resilience';
import { append, batchOf, Folders, makeTopic, openLog, partitionOf } from './support/log-folder.js';

const HOUR_MS = 3_600_000;

const folders = new Folders();
afterEach(() => folders.removeAll());

/** A log on a machine whose clocks a test sets. */
class ClockedLog {
  readonly reading = { wallMs: 1_700_000_000_000, steadyMs: 1000 };
  readonly folder = folders.make();

  async open() {
    const clock = new HeldClock({ read: () => this.reading, maxStepMs: 1000 });
    const log = await openLog(this.folder, {
      now: () => clock.now(),
      stampRefusal: () => clock.stampRefusal(),
    });
    for (const { partitions } of log.topics())
      for (const { lastAppendTimeMs } of partitions) clock.follow(lastAppendTimeMs);
    return log;
  }
}

describe('a log whose clock steps', () => {
  it.each([HOUR_MS, -HOUR_MS])(
    'by %d ms takes no records that it has to stamp until the clock is back',
    async (byMs) => {
      const machine = new ClockedLog();
      const log = await machine.open();
      const [partition] = await makeTopic(log);
      if (partition === undefined) throw new Error('there is no partition');
      const { reading } = machine;
      const appendTimeMs = reading.wallMs;
      expect(await append(log, partition, 'a')).toMatchObject({ kind: 'appended', appendTimeMs });
      reading.wallMs += byMs;
      const ofProducer = log.append(partition, { bytes: batchOf('b'), stampTime: false });
      expect(await append(log, partition, 'c')).toEqual({ kind: 'clock_wrong' });
      expect(await ofProducer).toMatchObject({ kind: 'appended', baseOffset: 1n });
      reading.wallMs -= byMs;
      expect(await append(log, partition, 'd')).toMatchObject({ kind: 'appended', appendTimeMs });
      await log.close();
    },
  );

  it('back while it is closed takes records when the last one is not its future any more', async () => {
    const machine = new ClockedLog();
    const log = await machine.open();
    const [partition] = await makeTopic(log);
    if (partition === undefined) throw new Error('there is no partition');
    await append(log, partition, 'a');
    await log.close();
    machine.reading.wallMs -= HOUR_MS;
    const again = await machine.open();
    await makeTopic(again, 'new');
    expect(await append(again, partitionOf(again), 'b')).toEqual({ kind: 'clock_wrong' });
    // It is the same clock.
    expect(await append(again, partitionOf(again, 'new'), 'c')).toEqual({ kind: 'clock_wrong' });
    machine.reading.wallMs += HOUR_MS;
    machine.reading.steadyMs += HOUR_MS;
    expect(await append(again, partitionOf(again), 'd')).toMatchObject({
      kind: 'appended',
      appendTimeMs: machine.reading.wallMs,
    });
    await again.close();
  });

  it('and that believes it appends in the future (control)', async () => {
    const { reading, folder } = new ClockedLog();
    const log = await openLog(folder, { now: () => reading.wallMs });
    const [partition] = await makeTopic(log);
    if (partition === undefined) throw new Error('there is no partition');
    const trueMs = reading.wallMs;
    reading.wallMs += HOUR_MS;
    await append(log, partition, 'a');
    reading.wallMs -= HOUR_MS;
    expect(await append(log, partition, 'b')).toMatchObject({ appendTimeMs: trueMs + HOUR_MS });
    await log.close();
  });
});
