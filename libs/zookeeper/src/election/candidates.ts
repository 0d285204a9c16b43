/** ZooKeeper's counter: the last ten digits of a sequential node's name. */
function sequenceOf(name: string): number {
  const digits = /\d{10}$/.exec(name);
  return digits === null ? Number.NaN : Number(digits[0]);
}

/** Who a candidate waits for: nobody, or the one before it. */
export type Predecessor =
  | { readonly kind: 'first' }
  | { readonly kind: 'after'; readonly name: string }
  | { readonly kind: 'not_listed' };

/** Who stands directly before `own`, by sequence number alone; other names are ignored. */
export function predecessorOf(names: readonly string[], own: string): Predecessor {
  if (!names.includes(own)) return { kind: 'not_listed' };
  const before = names
    .filter((name) => sequenceOf(name) < sequenceOf(own))
    .reduce<string | undefined>(
      (last, name) => (last === undefined || sequenceOf(name) > sequenceOf(last) ? name : last),
      undefined,
    );
  return before === undefined ? { kind: 'first' } : { kind: 'after', name: before };
}
