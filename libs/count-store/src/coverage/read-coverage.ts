import type { shardProxy } from '@tally/contracts';
import type pg from 'pg';
import { toTallyError } from '../postgres-errors.js';
import { fromMultirange } from './offset-ranges.js';

/**
 * Which database this is: together they tell a sender that a shard was restored or promoted, so that
 * its coverage may have gone back. They cost some 50 µs, so each answer has its own. A leader names its
 * timeline in its WAL files; a replica's is that of its last restart point. Files of the same database
 * that are put back from a copy show in nothing but that Postgres was started since.
 */
export const IDENTITY_COLUMNS = `(SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
       END AS "timelineId",
       (extract(epoch FROM pg_postmaster_start_time()) * 1000)::int8::text AS "startedAtMs"`;

/** In the order asked: WITH ORDINALITY. */
export const READ_COVERAGE = `
SELECT ${IDENTITY_COLUMNS},
       t.topic, t.partition, c.covered::text,
       (SELECT range_agg(int8range(from_offset, to_offset))
        FROM accepted_losses l
        WHERE l.topic = t.topic AND l.partition = t.partition)::text AS lost
FROM (SELECT) AS this
LEFT JOIN unnest($1::text[], $2::int4[]) WITH ORDINALITY AS t(topic, partition, index) ON true
LEFT JOIN coverage c USING (topic, partition)
ORDER BY t.index
`.trim();

interface Row {
  readonly systemIdentifier: string;
  readonly timelineId: number;
  readonly startedAtMs: string;
  readonly topic: string | null;
  readonly partition: number;
  readonly covered: string | null;
  readonly lost: string | null;
}

/**
 * What this shard has folded in of some partitions, in the order asked, and which database says so.
 * TallyError `unavailable` or `deadline_exceeded` when Postgres does not answer.
 */
export async function readCoverage(
  pool: pg.Pool,
  partitions: readonly shardProxy.Partition[],
): Promise<shardProxy.GetCoverageResponse> {
  const values = [
    partitions.map(({ topic }) => topic),
    partitions.map(({ partition }) => partition),
  ];
  let rows: Row[];
  try {
    ({ rows } = await pool.query<Row>({ name: 'read-coverage', text: READ_COVERAGE, values }));
  } catch (error) {
    throw toTallyError('coverage', error);
  }
  const [first] = rows;
  if (first === undefined) throw new Error('expected the identity of the database, got no row');
  const { timelineId, systemIdentifier, startedAtMs } = first;
  const coverage = rows.flatMap(({ topic, partition, covered }) =>
    topic === null
      ? []
      : [{ partition: { topic, partition }, ranges: fromMultirange(covered ?? '{}') }],
  );
  const acceptedLosses = rows.flatMap(({ topic, partition, lost }) =>
    topic === null || lost === null
      ? []
      : [{ partition: { topic, partition }, ranges: fromMultirange(lost) }],
  );
  return { coverage, timelineId, systemIdentifier, startedAtMs, acceptedLosses };
}

/** Ranges in the coverage row that has most. */
export const MOST_RANGES = `
SELECT coalesce(max((SELECT count(*) FROM unnest(covered))), 0)::int4 AS most FROM coverage
`.trim();

/** The number of ranges in the coverage row that has most: each more than one is a gap. */
export async function mostRanges(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ most: number }>(MOST_RANGES);
  return rows[0]?.most ?? 0;
}
