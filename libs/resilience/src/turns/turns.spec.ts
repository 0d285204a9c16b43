import { describe, expect, it } from '@jest/globals';
import { inTurns } from './in-turns.js';
import { LongestHolds } from './longest-holds.js';
import { TURN_MS, Turns } from './turns.js';

/** An event loop whose rounds come when the test says so, and whose clock it sets. */
class PlayedLoop {
  ms = 0;
  readonly rounds: (() => void)[] = [];
  now = () => this.ms;
  nextRound = (callback: () => void) => void this.rounds.push(callback);

  async round(): Promise<void> {
    for (const callback of this.rounds.splice(0)) callback();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
}

/** Does so many steps of one ms; what it did is in `done`. */
async function work(turns: Turns, loop: PlayedLoop, steps: number, done: string[], name: string) {
  for (let step = 0; step < steps; step++) {
    const turn = turns.next();
    if (turn !== undefined) await turn;
    loop.ms += 1;
    done.push(name);
  }
}

describe('work in turns', () => {
  it('goes on at once while it is short', () => {
    const turns = new Turns(new PlayedLoop());
    for (let step = 0; step < 100; step++) expect(turns.next()).toBeUndefined();
  });

  it('holds the event loop for one turn, however many have work', async () => {
    const loop = new PlayedLoop();
    const turns = new Turns(loop);
    const done: string[] = [];
    const all = ['a', 'b', 'c', 'd'].map((name) => work(turns, loop, 25, done, name));
    expect(done).toEqual(Array.from({ length: TURN_MS }, () => 'a'));
    let longest = 0;
    while (turns.waiting > 0) {
      const before = loop.ms;
      await loop.round();
      longest = Math.max(longest, loop.ms - before);
    }
    await Promise.all(all);
    expect(longest).toBeLessThanOrEqual(TURN_MS);
    expect(done).toHaveLength(100);
    // Who asked first is first, and everybody had a turn before anybody had the next.
    const turnsTaken = Array.from({ length: 6 }, (_, turn) => done[turn * TURN_MS]);
    expect(turnsTaken).toEqual(['a', 'a', 'b', 'c', 'd', 'a']);
  });

  it('begins a new turn in each round of the event loop', async () => {
    const loop = new PlayedLoop();
    const turns = new Turns(loop);
    expect(turns.next()).toBeUndefined();
    loop.ms += TURN_MS;
    await loop.round();
    expect(turns.next()).toBeUndefined();
    loop.ms += TURN_MS;
    // Control: without a round in between the same work would have to wait.
    expect(turns.next()).toBeInstanceOf(Promise);
  });
});

describe('steps that are taken in turns', () => {
  /** A step takes a ms. */
  function* steps(loop: PlayedLoop, count: number, end: () => string): Generator<number, string> {
    for (let step = 0; step < count; step++) {
      loop.ms += 1;
      yield step;
    }
    return end();
  }

  it('pause whenever their turn is over, and come to what the last one returns', async () => {
    const loop = new PlayedLoop();
    const [turns, holds] = [new Turns(loop), new LongestHolds()];
    const result = inTurns(
      steps(loop, 25, () => 'done'),
      turns,
      holds,
      'a stage',
    );
    expect([loop.ms, turns.waiting]).toEqual([1 + TURN_MS, 1]);
    await loop.round();
    expect([loop.ms, turns.waiting]).toEqual([1 + 2 * TURN_MS, 1]);
    await loop.round();
    expect(await result).toBe('done');
    expect(loop.ms).toBe(25);
    expect(holds.take('a stage')).toBeGreaterThan(0);
    expect(holds.take('a stage')).toBe(0);
  });

  it('fail with what one of them throws, and how long that took is known', async () => {
    const loop = new PlayedLoop();
    const holds = new LongestHolds();
    const bug = () => {
      throw new Error('a bug');
    };
    const result = inTurns(steps(loop, 3, bug), new Turns(loop), holds, 'a stage');
    await expect(result).rejects.toThrow('a bug');
    expect(holds.take('a stage')).toBeGreaterThan(0);
  });
});
