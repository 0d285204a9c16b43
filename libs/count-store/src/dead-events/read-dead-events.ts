import { MAX_BLOCK_EVENTS, type shardProxy, TallyError } from '@tally/contracts';
import type pg from 'pg';
import { recordValuesOf } from '../delta/apply-delta.js';
import { toTallyError } from '../postgres-errors.js';
import { LIST_DEAD_EVENT_ACTIONS, READ_DEAD_EVENTS } from './dead-events.sql.js';
import { fromIndexes, isOffset } from './dead-records.js';

/** Records in one question. */
const MAX_RECORDS = MAX_BLOCK_EVENTS;
const MAX_ACTIONS = 1000;

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly log_offset: string;
  readonly told: string;
  readonly replayed: string;
  readonly discarded: string;
}

interface ActionRow {
  readonly id: string;
  readonly is_replay: boolean;
  readonly taken_by: string;
  readonly reason: string;
  readonly taken_at_ms: string;
  readonly selection: string;
  readonly events: string;
}

/** What the shard was told of these records; of others it says nothing. TallyError. */
export async function readDeadEvents(
  pool: pg.Pool,
  places: readonly shardProxy.RecordPlace[],
): Promise<shardProxy.DeadEventStates[]> {
  if (places.length > MAX_RECORDS || !places.every(({ offset }) => isOffset(offset)))
    throw new TallyError('invalid_argument', `expected up to ${MAX_RECORDS} records of the log`);
  const asked = places.map(({ partition, offset }) => ({
    topic: partition?.topic ?? '',
    partition: partition?.partition ?? 0,
    offset,
  }));
  try {
    const values = recordValuesOf(asked);
    const { rows } = await pool.query<Row>({ ...READ_DEAD_EVENTS, values });
    return rows.map(({ topic, partition, log_offset, told, replayed, discarded }) => ({
      place: { partition: { topic, partition }, offset: log_offset },
      told: fromIndexes(told),
      replayed: fromIndexes(replayed),
      discarded: fromIndexes(discarded),
    }));
  } catch (error) {
    throw toTallyError('dead events', error);
  }
}

/** What people did, the latest first. TallyError. */
export async function listDeadEventActions(
  pool: pg.Pool,
  { beforeMs, limit }: Pick<shardProxy.ListDeadEventActionsRequest, 'beforeMs' | 'limit'>,
): Promise<shardProxy.DeadEventAction[]> {
  if (limit < 1 || limit > MAX_ACTIONS)
    throw new TallyError('invalid_argument', `expected a limit up to ${MAX_ACTIONS}, got ${limit}`);
  try {
    const values = [beforeMs ?? null, limit];
    const { rows } = await pool.query<ActionRow>({ ...LIST_DEAD_EVENT_ACTIONS, values });
    return rows.map((row) => ({
      id: row.id,
      settlement: row.is_replay ? 'SETTLEMENT_REPLAYED' : 'SETTLEMENT_DISCARDED',
      takenBy: row.taken_by,
      reason: row.reason,
      takenAtMs: row.taken_at_ms,
      selection: row.selection,
      events: row.events,
    }));
  } catch (error) {
    throw toTallyError('actions on dead events', error);
  }
}
