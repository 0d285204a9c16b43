import { LOSS_NAME_BYTES, LOSS_REASON_BYTES, type shardProxy, TallyError } from '@tally/contracts';
import type pg from 'pg';
import { toMultirange } from '../coverage/offset-ranges.js';
import { ENSURE_COVERAGE } from '../delta/apply-delta.sql.js';
import { toTallyError } from '../postgres-errors.js';
import { ACCEPT_LOSS, FIND_LOSS, LIST_LOSSES } from './accept-loss.sql.js';

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly from_offset: string;
  readonly to_offset: string;
  readonly accepted_by: string;
  readonly reason: string;
  readonly accepted_at_ms: string;
  readonly lost_records: string;
}

/**
 * Books that records are gone: who says so, and coverage for what of them was not covered, together.
 * The same range again changes nothing. Answers the loss as it is booked. TallyError `invalid_argument`
 * for what is no loss; `unavailable` or `deadline_exceeded`: the outcome is unknown, and the same again
 * settles it.
 */
export async function acceptLoss(
  pool: pg.Pool,
  asked: shardProxy.Loss | undefined,
): Promise<shardProxy.Loss> {
  const loss = checked(asked);
  const { topic, partition } = loss.partition;
  const range = [topic, partition, loss.from, loss.to];
  const accept = async () => {
    const { acceptedBy, reason, acceptedAtMs } = loss;
    await pool.query({ ...ACCEPT_LOSS, values: [...range, acceptedBy, reason, acceptedAtMs] });
    const { rows } = await pool.query<Row>({ ...FIND_LOSS, values: range });
    return rows[0];
  };
  try {
    let row = await accept();
    if (row === undefined) {
      // This shard has not heard of the partition: without a row of its coverage nothing is booked.
      await pool.query({ ...ENSURE_COVERAGE, values: [[topic], [partition]] });
      row = await accept();
    }
    if (row === undefined) throw new TallyError('unavailable', 'a row of coverage vanished again');
    return toLoss(row);
  } catch (error) {
    throw toTallyError('the loss', error);
  }
}

/** What of the losses is asked for: those behind a place, so many at most; 0: all. */
export type LossesQuestion = Partial<Pick<shardProxy.ListLossesRequest, 'after' | 'limit'>>;

/** What was accepted, by topic, partition and offset. TallyError when Postgres does not answer. */
export async function listLosses(
  pool: pg.Pool,
  { after, limit = 0 }: LossesQuestion = {},
): Promise<shardProxy.Loss[]> {
  const { topic = '', partition = 0 } = after?.partition ?? {};
  const values = [topic, partition, after?.from ?? 0, after?.to ?? 0, limit > 0 ? limit : null];
  try {
    const { rows } = await pool.query<Row>({ ...LIST_LOSSES, values });
    return rows.map(toLoss);
  } catch (error) {
    throw toTallyError('losses', error);
  }
}

function checked(
  loss: shardProxy.Loss | undefined,
): shardProxy.Loss & { readonly partition: shardProxy.Partition } {
  const { partition } = loss ?? {};
  if (loss === undefined || partition === undefined) return refuse('expected a loss, got none');
  if (partition.topic === '' || partition.topic.includes('\0') || partition.partition > 0x7fffffff)
    return refuse('expected a topic and a partition');
  toMultirange([{ from: loss.from, to: loss.to }]);
  text('who accepts it', loss.acceptedBy, LOSS_NAME_BYTES);
  text('a reason', loss.reason, LOSS_REASON_BYTES);
  if (!/^\d{1,18}$/.test(loss.acceptedAtMs)) return refuse('expected when it was accepted');
  return { ...loss, partition };
}

function text(what: string, given: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(given);
  if (bytes < 1 || bytes > maxBytes || given.includes('\0'))
    refuse(`expected ${what} in 1 to ${maxBytes} bytes without NUL, got ${bytes} bytes`);
}

function toLoss(row: Row): shardProxy.Loss {
  return {
    partition: { topic: row.topic, partition: row.partition },
    from: row.from_offset,
    to: row.to_offset,
    acceptedBy: row.accepted_by,
    reason: row.reason,
    acceptedAtMs: row.accepted_at_ms,
    lostRecords: row.lost_records,
  };
}

function refuse(problem: string): never {
  throw new TallyError('invalid_argument', problem);
}
