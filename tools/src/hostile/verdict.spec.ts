import { describe, expect, it } from '@jest/globals';
import { faultsOf, isBack, type Findings } from './verdict.js';
import type { ProcessFigures } from './watched-processes.js';

const MIB = 1 << 20;

function phase(name: string, p99Ms: number, errors: readonly string[] = []) {
  return { name, answers: 100, p50Ms: 10, p99Ms, maxMs: p99Ms, refused: 3, errors };
}

function gateway(changes: Partial<ProcessFigures> = {}): ProcessFigures {
  return {
    name: 'gateway',
    before: { bytes: 150 * MIB, descriptors: 30 },
    peak: { bytes: 700 * MIB, descriptors: 1100 },
    after: { bytes: 300 * MIB, descriptors: 33 },
    stallMs: 200,
    stallBeforeMs: 20,
    ended: undefined,
    ...changes,
  };
}

const SOUND: Findings = {
  counts: { acknowledged: 1000, unknown: 0, counted: 1000, wrong: [] },
  phases: [phase('no attack', 50), phase('storm', 400)],
  processes: [gateway()],
  containerBytes: { gateway: 1280 * MIB },
  problems: [{ attack: 'storm', problems: [] }],
};

describe('the verdict', () => {
  it('finds no fault where nobody was hurt, and refusals for now are none', () => {
    expect(faultsOf(SOUND)).toEqual([]);
  });

  it.each<[string, Partial<Findings>, RegExp]>([
    [
      'an event is lost or doubled',
      { counts: { ...SOUND.counts, wrong: ['q-1: 5 acknowledged, 5 sent, 4 counted'] } },
      /counts: q-1: 5 acknowledged, 5 sent, 4 counted/,
    ],
    [
      'a process ended',
      { processes: [gateway({ ended: 'process 7 ended' })] },
      /gateway: process 7 ended/,
    ],
    [
      'memory stays',
      { processes: [gateway({ after: { bytes: 500 * MIB, descriptors: 33 } })] },
      /gateway: holds 500 MiB after the attacks, 150 MiB before/,
    ],
    [
      'memory was more than a container has',
      { processes: [gateway({ peak: { bytes: 1400 * MIB, descriptors: 33 } })] },
      /gateway: held 1400 MiB; its container may have 1280 MiB/,
    ],
    [
      'descriptors stay',
      { processes: [gateway({ after: { bytes: 150 * MIB, descriptors: 300 } })] },
      /gateway: holds 300 descriptors after the attacks, 30 before/,
    ],
    [
      'an event loop stood still',
      { processes: [gateway({ stallMs: 3400 })] },
      /gateway: its event loop stood still for 3400 ms, expected at most 1000 ms/,
    ],
    [
      'the quiet client waited',
      { phases: [phase('no attack', 50), phase('storm', 19_000)] },
      /quiet client, storm: p99 was 19000 ms, expected at most 3000 ms/,
    ],
    [
      'the quiet client met an error',
      { phases: [phase('no attack', 50), phase('storm', 60, ['POST after 3 ms: socket hang up'])] },
      /quiet client, storm: POST after 3 ms: socket hang up/,
    ],
    [
      'an attack got what nobody may get',
      { problems: [{ attack: 'storm', problems: ['expected a refusal, got 202'] }] },
      /storm: expected a refusal, got 202/,
    ],
  ])('finds one where %s', (_, change, fault) => {
    expect(faultsOf({ ...SOUND, ...change })).toEqual([expect.stringMatching(fault)]);
  });

  it('is measured by what is usual where a machine is slow already', () => {
    const slow = {
      phases: [phase('no attack', 300), phase('storm', 5000)],
      processes: [gateway({ stallBeforeMs: 800, stallMs: 3400 })],
    };
    expect(faultsOf({ ...SOUND, ...slow })).toEqual([]);
  });

  it('does not judge a phase by few answers, but all attacks together by what there is', () => {
    const few = { ...phase('storm', 9000), answers: 20 };
    const together = { ...phase('all attacks', 400), answers: 90 };
    const judged = (last: typeof together) =>
      faultsOf({ ...SOUND, phases: [phase('no attack', 50), few, last] });
    expect(judged(together)).toEqual([]);
    expect(judged({ ...together, p99Ms: 9000 })).toEqual([
      expect.stringMatching(/quiet client, all attacks: p99 was 9000 ms/),
    ]);
  });

  it('shows some of many errors', () => {
    const errors = Array.from({ length: 50 }, () => 'status 500');
    const faults = faultsOf({ ...SOUND, phases: [phase('no attack', 50, errors)] });
    expect(faults).toHaveLength(6);
    expect(faults.at(-1)).toContain('and 45 more');
  });
});

describe('a process is back', () => {
  it('when it holds about as much as before', () => {
    expect(isBack(gateway())).toBe(true);
    expect(isBack(gateway({ after: { bytes: 150 * MIB, descriptors: 1000 } }))).toBe(false);
    expect(isBack(gateway({ after: { bytes: 900 * MIB, descriptors: 30 } }))).toBe(false);
  });
});
