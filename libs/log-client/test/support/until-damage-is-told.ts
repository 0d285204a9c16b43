import { eventually } from '@tally/testing';

/** Partitions 1 and 2 always have something to read, and are read on afterwards. */
export async function untilDamageIsTold(
  append: (partition: number, value: string) => Promise<void>,
  { damaged, values }: { readonly damaged: string[]; readonly values: string[] },
  partitions: number,
): Promise<void> {
  let isOver = false;
  const traffic = (async () => {
    for (let count = 0; !isOver; count++) await append(1 + (count % 2), `${count}`);
    return append(2, 'last');
  })();
  try {
    const isTold = () => new Set(damaged).size === partitions;
    await eventually('the damage is told', isTold, { timeoutMs: 90_000 });
  } finally {
    isOver = true;
  }
  await traffic;
  // What the other partition has of before may come behind it.
  await eventually('the last is read', () => values.some((value) => value.endsWith(' last')));
}
