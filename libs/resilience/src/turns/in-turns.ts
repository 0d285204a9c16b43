import type { LongestHolds } from './longest-holds.js';
import type { Turns } from './turns.js';

/** Does long work step by step, with a pause wherever others have their turn. */
export async function inTurns<Result>(
  steps: Iterator<unknown, Result>,
  turns: Pick<Turns, 'next'>,
  holds: LongestHolds,
  stage: string,
): Promise<Result> {
  let since = performance.now();
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      const turn = turns.next();
      if (turn === undefined) continue;
      holds.note(stage, since);
      await turn;
      since = performance.now();
    }
  } finally {
    holds.note(stage, since);
  }
}
