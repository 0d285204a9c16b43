import { describe, expect, it } from '@jest/globals';
import { ledgerViolations, NO_EVENTS, type LedgerEntry } from './ledger.js';
import { loggedEvent } from './logged-event.fixture.js';

const EVENTS = [
  loggedEvent({}),
  loggedEvent({ fate: 'duplicates' }),
  loggedEvent({ partition: 1, fate: 'tooLate' }),
  loggedEvent({ partition: 1, fate: 'expired' }),
  loggedEvent({ partition: 1, fate: 'dead' }),
];
const entry = (more: Partial<LedgerEntry>): LedgerEntry => ({ ...NO_EVENTS, ...more });
const FIRST = entry({ counted: 1, duplicates: 1 });
const SECOND = entry({ tooLate: 1, expired: 1, dead: 1 });

describe('a ledger', () => {
  it('balances when it has each event of the log once, as what it is', () => {
    expect([...ledgerViolations(EVENTS, [FIRST, SECOND, entry({})])]).toEqual([]);
  });

  it.each<[string, LedgerEntry[], string]>([
    ['one too many', [{ ...FIRST, counted: 2 }, SECOND], '1 events are counted by the log, 2'],
    ['none of a partition', [FIRST, entry({})], '1 events are dead by the log, 0'],
    ['copies that it calls conflicting', [{ ...FIRST, conflicting: 1 }, SECOND], '0 events are'],
    ['what nobody replayed', [{ ...FIRST, replayed: 1 }, SECOND], '0 events are replayed'],
    ['events of an empty partition', [FIRST, SECOND, entry({ dead: 3 })], 'partition 2: 0 events'],
  ])('does not with %s', (_, ledger, problem) => {
    expect([...ledgerViolations(EVENTS, ledger)]).toContainEqual(expect.stringContaining(problem));
  });
});
