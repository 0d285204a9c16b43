import { FATES, type Fate } from '@tally/contracts';
import { administer } from '../rig/admin-api.js';
import type { LoggedEvent } from './recount.js';

/** How many events of a partition had which fate, and how many somebody had counted later. */
export type LedgerEntry = Readonly<Record<Fate | 'replayed', number>>;

/** Of a partition that has none. */
export const NO_EVENTS: LedgerEntry = {
  counted: 0,
  duplicates: 0,
  conflicting: 0,
  tooLate: 0,
  dead: 0,
  expired: 0,
  replayed: 0,
};

interface LedgerAnswer {
  readonly missingShards: readonly number[];
  readonly total: LedgerEntry;
}

/** What the public API says of each partition, from 0; throws where a shard is missing. */
export function askLedger(gateway: string, partitions: number): Promise<LedgerEntry[]> {
  return Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const path = `/v1/admin/ledger?from=-30d&partition=${partition}`;
      const { missingShards, total } = await administer<LedgerAnswer>(gateway, path);
      if (missingShards.length > 0) throw new Error(`shard ${missingShards[0]} says no ledger`);
      return total;
    }),
  );
}

/**
 * Every event of the log is accounted for once, as what the second count says that it is. Clients send the
 * same under the same id, so nothing is conflicting; and nobody replays anything.
 *
 * @param events All that must be in the ledger.
 * @param ledger By partition.
 */
export function* ledgerViolations(
  events: Iterable<Pick<LoggedEvent, 'partition' | 'fate'>>,
  ledger: readonly LedgerEntry[],
): Generator<string> {
  const expected = new Map<number, Record<Fate | 'replayed', number>>();
  for (const { partition, fate } of events) {
    const entry = expected.get(partition) ?? { ...NO_EVENTS };
    entry[fate] += 1;
    expected.set(partition, entry);
  }
  for (const [partition, booked] of ledger.entries()) {
    const due = expected.get(partition) ?? NO_EVENTS;
    for (const fate of [...FATES, 'replayed'] as const)
      if (booked[fate] !== due[fate])
        yield `partition ${partition}: ${due[fate]} events are ${fate} by the log, ${booked[fate]} by the ledger`;
  }
}
