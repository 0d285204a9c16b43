/** How a stretch of time went for the quiet client. Latencies in ms. */
export class Phase {
  /** Of each batch of events, until it was acknowledged. */
  readonly events: number[] = [];
  readonly questions: number[] = [];
  /** Answers that said to come again later. */
  refused = 0;
  /** What no client should meet, in sentences. */
  readonly errors: string[] = [];

  constructor(readonly name: string) {}

  /** Several as one. */
  static together(name: string, phases: readonly Phase[]): Phase {
    const all = new Phase(name);
    for (const { events, questions, refused } of phases) {
      all.events.push(...events);
      all.questions.push(...questions);
      all.refused += refused;
    }
    return all;
  }

  get figures(): PhaseFigures {
    const { name, refused, errors } = this;
    const all = [...this.events, ...this.questions];
    return {
      name,
      answers: all.length,
      p50Ms: quantile(all, 0.5),
      p99Ms: quantile(all, 0.99),
      maxMs: quantile(all, 1),
      refused,
      errors,
    };
  }
}

/** The figures of a phase. */
export interface PhaseFigures {
  readonly name: string;
  readonly answers: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly refused: number;
  readonly errors: readonly string[];
}

/** By the nearest rank; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
