/** ms of CPU that this process has used: what others do on the machine is not in it. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** ms: with what others did for it, as Postgres does. */
export const wallMs = (): number => performance.now();

/** What a piece of work took. */
export interface Figure {
  readonly name: string;
  /** ns for each of its units, the best of all rounds. */
  readonly ns: number;
  /** What else there is to say of it. */
  readonly note?: string;
}

/**
 * The best of some rounds: what disturbs a round only makes it longer.
 *
 * @param clock In ms. @param prepare Not measured. @param units Of one round.
 */
export async function bestOf<State>(
  name: string,
  units: number,
  rounds: number,
  clock: () => number,
  prepare: () => State,
  work: (state: State) => void | Promise<void>,
): Promise<Figure> {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const state = prepare();
    const from = clock();
    await work(state);
    best = Math.min(best, clock() - from);
  }
  return { name, ns: (best * 1e6) / units };
}
