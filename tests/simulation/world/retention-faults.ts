import { LogRetention } from '@tally/counting';

export interface RetentionFaults {
  /** Control: what one shard covers goes, whatever the other lacks, absent or not. */
  asksOneShard: boolean;
  /** Control: what precedes what is kept is believed to be no older than a window before that. */
  forgetsPauses: boolean;
  /** Control: no dedup window stays below what is kept. */
  keepsNoWindow: boolean;
}

type Mark = { readonly coveredBy: ReadonlySet<number> };

/** By control: what stands in the place of methods of LogRetention. */
const INSTEAD: Readonly<
  Record<keyof RetentionFaults, Readonly<Record<string, PropertyDescriptor>>>
> = {
  asksOneShard: {
    isComplete: { value: () => true },
    isProven: { value: ({ coveredBy }: Mark) => coveredBy.size > 0 },
  },
  forgetsPauses: { isBelow: { value: () => true } },
  keepsNoWindow: { windowMs: { get: () => 1 } },
};

/** Lets the log be shortened without what these controls take away. */
export function withRetentionFaults<T>(taken: RetentionFaults, work: () => T): T {
  const { prototype } = LogRetention;
  const changed = Object.entries(INSTEAD)
    .filter(([fault]) => taken[fault as keyof RetentionFaults])
    .flatMap(([, methods]) => Object.entries(methods))
    .map(([name, instead]) => ({ name, instead, own: ownOf(name) }));
  for (const { name, own, instead } of changed)
    Object.defineProperty(prototype, name, { ...own, ...instead });
  try {
    return work();
  } finally {
    for (const { name, own } of changed) Object.defineProperty(prototype, name, own);
  }
}

function ownOf(name: string): PropertyDescriptor {
  const own = Object.getOwnPropertyDescriptor(LogRetention.prototype, name);
  if (own === undefined) throw new Error(`expected LogRetention to have ${name}`);
  return own;
}
