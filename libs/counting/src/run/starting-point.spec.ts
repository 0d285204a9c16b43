import { describe, expect, it } from '@jest/globals';
import { OffsetSet } from '../coverage/offset-set.js';
import { startingPoint } from './starting-point.js';

const covered = (...ranges: [number, number][]) =>
  new OffsetSet(ranges.map(([from, to]) => ({ from: BigInt(from), to: BigInt(to) })));

describe('where counting starts', () => {
  it.each([
    ['at the first offset when nothing is covered', [covered(), covered()], [0, 9], 0],
    ['at the first that any shard lacks', [covered([0, 7]), covered([0, 4])], [0, 9], 4],
    ['at a gap', [covered([0, 2], [5, 9]), covered([0, 9])], [0, 9], 2],
    ['at the end when all is covered', [covered([0, 9]), covered([0, 9])], [3, 9], 9],
  ] as const)('is %s', (_, shards, [low, high], offset) => {
    expect(startingPoint(shards, [], { low: BigInt(low), high: BigInt(high) }, false)).toEqual({
      kind: 'start',
      offset: BigInt(offset),
    });
  });

  it.each([
    ['the log ends before what was counted', [covered([0, 10]), covered()], [0, 9]],
    ['the log begins behind what was not counted', [covered([0, 5]), covered([0, 2])], [3, 9]],
  ] as const)('is nowhere when %s', (_, shards, [low, high]) => {
    expect(
      startingPoint(shards, [], { low: BigInt(low), high: BigInt(high) }, false),
    ).toMatchObject({
      kind: 'contradiction',
    });
  });
});
