import {
  LOSS_NAME_BYTES as MAX_NAME_BYTES,
  LOSS_REASON_BYTES as MAX_REASON_BYTES,
  type shardProxy,
  TallyError,
} from '@tally/contracts';
import { Backoff, keepTrying } from '@tally/resilience';
import type pg from 'pg';
import { recordValuesOf, rowValuesOf } from '../delta/apply-delta.js';
import type { Statement } from '../delta/apply-delta.sql.js';
import { toColumns, type DeltaColumns } from '../delta/delta-columns.js';
import { toNameColumns, type NameColumns } from '../delta/name-columns.js';
import { toSketchColumns, type SketchColumns } from '../delta/sketch-columns.js';
import { isTransient, toTallyError } from '../postgres-errors.js';
import { SETTLE_DEAD_EVENTS } from './dead-events.sql.js';
import { toDeadRecords, type DeadRecord } from './dead-records.js';

/** As for a delta: writers in each other's way come apart in one or two tries. */
const TRIES = { maxTries: 5, firstMs: 20, maxMs: 80 };
const MAX_SELECTION_BYTES = 16 * 1024;
const NO_BYTES = Buffer.alloc(0);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A request to settle dead events, checked. */
export interface Settlement {
  readonly events: readonly DeadRecord[];
  readonly isReplay: boolean;
  readonly rows: DeltaColumns;
  readonly names: NameColumns;
  readonly sketches: SketchColumns;
  readonly action: shardProxy.DeadEventAction;
}

/** Checks what a sender says before Postgres sees it. TallyError `invalid_argument`. */
export function parseSettlement(
  { events, rows, seriesNames, sketches, action }: shardProxy.SettleDeadEventsRequest,
  owns: (slot: number) => boolean,
): Settlement {
  if (action === undefined) throw refusal('expected who settles dead events, got nobody');
  const { id, takenBy, takenAtMs, reason, selection, settlement } = action;
  const isReplay = settlement === 'SETTLEMENT_REPLAYED';
  if (!isReplay && settlement !== 'SETTLEMENT_DISCARDED')
    throw refusal(`expected how dead events are settled, got ${settlement}`);
  if (!UUID.test(id) || !/^\d{1,18}$/.test(takenAtMs))
    throw refusal(`expected the id and the time of an action, got ${id} and ${takenAtMs}`);
  text('who', takenBy, MAX_NAME_BYTES);
  text('a reason', reason, MAX_REASON_BYTES);
  text('a selection', selection, MAX_SELECTION_BYTES);
  const columns = toColumns(rows, owns);
  if (columns.count > 0 !== isReplay)
    throw refusal(`expected rows for what is counted and for nothing else, got ${columns.count}`);
  return {
    events: toDeadRecords(events),
    isReplay,
    rows: columns,
    names: toNameColumns(seriesNames, owns),
    sketches: toSketchColumns(sketches ?? NO_BYTES, rows),
    action,
  };
}

/**
 * Counts dead events, or discards them, with who did it and the ledger, in one transaction. False: some
 * of them are not open, or the shard was never told of them, and nothing was changed. TallyError
 * `unavailable` or `deadline_exceeded`: the outcome is unknown, and what is open now says it.
 * `statement` is for tests that take a protection away.
 */
export async function settleDeadEvents(
  pool: pg.Pool,
  settlement: Settlement,
  statement: Statement = SETTLE_DEAD_EVENTS,
): Promise<boolean> {
  const { events, isReplay, action } = settlement;
  if (events.length === 0) return true;
  const values = [
    ...recordValuesOf(events),
    events.map(({ indexes }) => indexes),
    isReplay,
    ...rowValuesOf(settlement),
    action.id,
    action.takenBy,
    action.reason,
    action.takenAtMs,
    action.selection,
  ];
  const attempt = async () => {
    try {
      const { rows } = await pool.query<{ outcome: string }>({ ...statement, values });
      return rows[0]?.outcome === 'applied';
    } catch (error) {
      throw toTallyError('dead events', error);
    }
  };
  return keepTrying(attempt, {
    retryMs: new Backoff(TRIES),
    maxTries: TRIES.maxTries,
    mayPass: ({ cause }) => isTransient(cause),
  });
}

function text(what: string, given: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(given);
  if (bytes < 1 || bytes > maxBytes || given.includes('\0'))
    throw refusal(`expected ${what} in 1 to ${maxBytes} bytes without NUL, got ${bytes} bytes`);
}

function refusal(problem: string): TallyError {
  return new TallyError('invalid_argument', problem);
}
