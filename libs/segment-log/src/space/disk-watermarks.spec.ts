import { describe, expect, it } from '@jest/globals';
import { DiskWatermarks } from './disk-watermarks.js';

/** A disk with so many bytes free. */
function disk(free: number) {
  const state = { free, looks: 0 };
  const freeBytes = async () => {
    state.looks += 1;
    return state.free;
  };
  const marks = new DiskWatermarks({ freeBytes, lowBytes: 1000, marginBytes: 500 });
  const isRefusedWith = async (bytes: number) => {
    state.free = bytes;
    await marks.look();
    return marks.refusal !== undefined;
  };
  return { state, marks, isRefusedWith };
}

describe('a disk that fills up', () => {
  it('refuses appends below the low mark and takes them again at the high one only', async () => {
    const { isRefusedWith } = disk(0);
    const seen = [];
    for (const free of [2000, 1000, 999, 1000, 1499, 1500, 1000, 0]) {
      seen.push([free, await isRefusedWith(free)]);
    }
    expect(seen).toEqual([
      [2000, false],
      [1000, false],
      [999, true],
      [1000, true],
      [1499, true],
      [1500, false],
      [1000, false],
      [0, true],
    ]);
  });

  it('is looked at before what was written can have used up the reserve', async () => {
    const { state, marks } = disk(2000);
    await marks.look();
    for (let written = 0; written < 1000; written += 10) marks.wrote(10);
    await marks.look();
    expect(state.looks).toBeGreaterThan(1);
  });

  it('says how much is left and when appends are taken again', async () => {
    const { marks } = disk(10);
    await marks.look();
    expect(marks.refusal).toBe(
      'the disk of the log has 10 bytes left; appends are taken again with 1500',
    );
  });

  it('stays what it was when nobody can tell how much is free', async () => {
    const marks = new DiskWatermarks({
      freeBytes: () => Promise.reject(new Error('no such disk')),
      lowBytes: 1000,
      marginBytes: 500,
    });
    await expect(marks.look()).rejects.toThrow('no such disk');
    marks.wrote(10_000);
    expect(marks.refusal).toBeUndefined();
  });
});
