/** What is looked at together, by its interval in ms. */
const rounds = new Map<number, Round>();

class Round {
  readonly looks = new Set<() => void>();
  private readonly timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.timer = setInterval(() => {
      for (const look of [...this.looks]) if (this.looks.has(look)) look();
    }, ms).unref();
  }

  end(): void {
    clearInterval(this.timer);
  }
}

/**
 * Calls `look` every `ms` from now on, the first time after so long at most; keeps no process running.
 * All looks of a process with the same interval are made together: each time that an idle process wakes
 * costs it more than what it looks at. Returns what ends it.
 */
export function every(ms: number, look: () => void): () => void {
  const round = rounds.get(ms) ?? new Round(ms);
  rounds.set(ms, round);
  // Who looks twice looks twice.
  const own = () => look();
  round.looks.add(own);
  return () => {
    round.looks.delete(own);
    if (round.looks.size > 0 || rounds.get(ms) !== round) return;
    round.end();
    rounds.delete(ms);
  };
}

/** Calls `act` once, with what else is looked at at this interval: at most `ms` from now. Returns what calls it off. */
export function atNext(ms: number, act: () => void): () => void {
  const end = every(ms, () => {
    end();
    act();
  });
  return end;
}
