WITH told AS (
  SELECT *
  FROM unnest($1::text[], $2::int4[], $3::int8multirange[], $4::int8[], $5::int8[])
    AS t(topic, partition, ranges, as_of_ms, position)
),
locked AS MATERIALIZED (
  SELECT topic, partition, c.covered, t.ranges, c.as_of_ms AS known_ms, t.as_of_ms AS told_ms,
         t.position
  FROM coverage c
  JOIN told t USING (topic, partition)
  ORDER BY topic, partition
  FOR UPDATE OF c
),
verdict AS MATERIALIZED (
  SELECT CASE
           WHEN count(*) < cardinality($1) THEN 'unknown'
           WHEN NOT bool_or(covered && ranges) THEN 'applied'
           WHEN bool_and(ranges <@ covered) THEN 'already'
           ELSE 'overlap'
         END AS outcome
  FROM locked
),
added AS NOT MATERIALIZED (
  SELECT series, start_minute, (retention >> 24)::int2 AS retention, count, valued, sum, min, max
  FROM (SELECT unnest($6::uuid[]) AS series, unnest($7::int4[]) AS start_minute,
               unnest($8::int4[]) AS retention, unnest($9::int8[]) AS count,
               unnest($10::int8[]) AS valued, unnest($11::numeric[]) AS sum,
               unnest($12::int8[]) AS min, unnest($13::int8[]) AS max) AS r
  WHERE (SELECT outcome FROM verdict) = 'applied'
),
closed AS MATERIALIZED (
  SELECT slot_group, granularity, through_minute
  FROM rolled
  WHERE slot_group = ANY ($14::int2[]) AND (SELECT outcome FROM verdict) = 'applied'
  ORDER BY slot_group, granularity
  FOR SHARE
),
minutes AS (
  INSERT INTO minute_counters AS c (series, start_minute, retention, count, valued, sum, min, max)
  SELECT series, start_minute, retention, count, valued, sum, min, max
  FROM added
  ON CONFLICT (series, start_minute, retention) DO UPDATE
  SET count = c.count + excluded.count,
      valued = c.valued + excluded.valued,
      sum = c.sum + excluded.sum,
      min = least(c.min, excluded.min),
      max = greatest(c.max, excluded.max)
),
quarters AS (
  INSERT INTO quarter_counters AS c (series, start_minute, retention, count, valued, sum, min, max)
  SELECT a.series, a.start_minute / 15 * 15 AS start_minute, a.retention,
         sum(a.count), sum(a.valued), sum(a.sum), min(a.min), max(a.max)
  FROM added a
  JOIN closed z ON z.slot_group = get_byte(uuid_send(a.series), 0) >> 2
               AND z.granularity = 'quarter'
               AND z.through_minute > a.start_minute
  WHERE $15::int4 < (SELECT max(through_minute) FROM closed WHERE granularity = 'quarter')
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  ON CONFLICT (series, start_minute, retention) DO UPDATE
  SET count = c.count + excluded.count,
      valued = c.valued + excluded.valued,
      sum = c.sum + excluded.sum,
      min = least(c.min, excluded.min),
      max = greatest(c.max, excluded.max)
),
days AS (
  INSERT INTO day_counters AS c (series, start_minute, retention, count, valued, sum, min, max)
  SELECT a.series, a.start_minute / 1440 * 1440 AS start_minute, a.retention,
         sum(a.count), sum(a.valued), sum(a.sum), min(a.min), max(a.max)
  FROM added a
  JOIN closed z ON z.slot_group = get_byte(uuid_send(a.series), 0) >> 2
               AND z.granularity = 'day'
               AND z.through_minute > a.start_minute
  WHERE $15::int4 < (SELECT max(through_minute) FROM closed WHERE granularity = 'day')
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  ON CONFLICT (series, start_minute, retention) DO UPDATE
  SET count = c.count + excluded.count,
      valued = c.valued + excluded.valued,
      sum = c.sum + excluded.sum,
      min = least(c.min, excluded.min),
      max = greatest(c.max, excluded.max)
),
named AS (
  INSERT INTO series (id, project, type, subject, dimensions)
  SELECT id, project, type, subject, dimensions
  FROM (SELECT unnest($16::uuid[]) AS id, unnest($17::text[]) AS project,
               unnest($18::text[]) AS type, unnest($19::text[]) AS subject,
               unnest($20::text[]) AS dimensions) AS n
  WHERE (SELECT outcome FROM verdict) = 'applied'
  ON CONFLICT (id) DO NOTHING
),
sketched AS (
  INSERT INTO sketches (series, start_minute, retention, kind, attribute, data)
  SELECT series, start_minute, (retention >> 24)::int2, kind, attribute, data
  FROM (SELECT unnest($21::uuid[]) AS series, unnest($22::int4[]) AS start_minute,
               unnest($23::int4[]) AS retention, unnest($24::int2[]) AS kind,
               unnest($25::int8[]) AS attribute, unnest($26::bytea[]) AS data) AS s
  WHERE (SELECT outcome FROM verdict) = 'applied'
),
booked AS (
  INSERT INTO ledger AS l
    (topic, partition, hour, counted, duplicates, too_late, dead, expired, conflicting)
  SELECT topic, partition, hour, counted, duplicates, too_late, dead, expired, conflicting
  FROM unnest($27::text[], $28::int4[], $29::int4[], $30::int8[], $31::int8[], $32::int8[], $33::int8[],
              $34::int8[], $35::int8[])
    AS b(topic, partition, hour, counted, duplicates, too_late, dead, expired, conflicting)
  WHERE (SELECT outcome FROM verdict) = 'applied'
  ORDER BY topic, partition, hour
  ON CONFLICT (topic, partition, hour) DO UPDATE
  SET counted = l.counted + excluded.counted,
      duplicates = l.duplicates + excluded.duplicates,
      too_late = l.too_late + excluded.too_late,
      dead = l.dead + excluded.dead,
      expired = l.expired + excluded.expired,
      conflicting = l.conflicting + excluded.conflicting
),
reached AS MATERIALIZED (
  SELECT l.topic, l.partition, a.covered, l.known_ms,
         CASE WHEN a.covered @> int8range(0, l.position) THEN l.told_ms END AS as_of_ms,
         v.outcome = 'applied' AND NOT isempty(l.ranges) AS is_more
  FROM locked l, verdict v,
       LATERAL (SELECT CASE v.outcome WHEN 'applied' THEN l.covered + l.ranges ELSE l.covered END)
         AS a(covered)
  WHERE v.outcome IN ('applied', 'already')
),
covering AS (
  UPDATE coverage c
  SET covered = r.covered, as_of_ms = greatest(r.known_ms, r.as_of_ms)
  FROM reached r
  WHERE (c.topic, c.partition) = (r.topic, r.partition)
    AND (r.is_more OR r.as_of_ms > coalesce(r.known_ms, -1))
),
buried AS (
  INSERT INTO dead_events (topic, partition, log_offset, hour, told)
  SELECT topic, partition, log_offset, hour, told
  FROM unnest($36::text[], $37::int4[], $38::int8[], $39::int4[], $40::int4multirange[])
    AS d(topic, partition, log_offset, hour, told)
  WHERE (SELECT outcome FROM verdict) = 'applied'
  ORDER BY topic, partition, log_offset
  ON CONFLICT (topic, partition, log_offset) DO NOTHING
)
SELECT v.outcome, l.topic, l.partition, (l.ranges - l.covered)::text AS uncovered,
       (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
       END AS "timelineId",
       (extract(epoch FROM pg_postmaster_start_time()) * 1000)::int8::text AS "startedAtMs"
FROM verdict v
LEFT JOIN locked l ON v.outcome = 'overlap'
