/** Does it again and again, so many at a time, until it is over. Resolves with how often it was done. */
export async function flood(
  over: AbortSignal,
  atOnce: number,
  once: () => Promise<unknown>,
): Promise<number> {
  let done = 0;
  const stream = async () => {
    while (!over.aborted) {
      await once();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, stream));
  return done;
}

/** How often each thing came, most often first: `202 × 17, 503 × 2`. */
export class Counts {
  private readonly counts = new Map<string, number>();

  add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  get text(): string {
    return [...this.counts]
      .toSorted(([, one], [, other]) => other - one)
      .map(([what, count]) => `${what} × ${count}`)
      .join(', ');
  }
}
