WITH locked AS MATERIALIZED (
  SELECT topic, partition, log_offset, d.hour, asked.indexes,
         d.told - d.replayed - d.discarded AS open
  FROM dead_events d
  JOIN unnest($1::text[], $2::int4[], $3::int8[], $4::int4multirange[])
    AS asked(topic, partition, log_offset, indexes) USING (topic, partition, log_offset)
  ORDER BY topic, partition, log_offset
  FOR UPDATE OF d
),
verdict AS MATERIALIZED (
  SELECT CASE
           WHEN count(*) = cardinality($1) AND bool_and(indexes <@ open) THEN 'applied'
           ELSE 'closed'
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
settled AS (
  UPDATE dead_events d
  SET replayed = CASE WHEN $5::bool THEN d.replayed + l.indexes ELSE d.replayed END,
      discarded = CASE WHEN $5 THEN d.discarded ELSE d.discarded + l.indexes END
  FROM locked l
  WHERE (d.topic, d.partition, d.log_offset) = (l.topic, l.partition, l.log_offset)
    AND (SELECT outcome FROM verdict) = 'applied'
),
events AS MATERIALIZED (
  SELECT topic, partition, hour, sum(upper(range) - lower(range)) AS events
  FROM locked, unnest(indexes) AS range
  WHERE (SELECT outcome FROM verdict) = 'applied'
  GROUP BY topic, partition, hour
),
booked AS (
  INSERT INTO ledger AS l
    (topic, partition, hour, counted, duplicates, too_late, dead, replayed)
  SELECT topic, partition, hour, 0, 0, 0, 0, events
  FROM events
  WHERE $5
  ORDER BY topic, partition, hour
  ON CONFLICT (topic, partition, hour) DO UPDATE
  SET replayed = l.replayed + excluded.replayed
),
recorded AS (
  INSERT INTO dead_event_actions AS a
    (id, is_replay, taken_by, reason, taken_at_ms, selection, events)
  SELECT $27::uuid, $5, $28::text, $29::text, $30::int8, $31::text, coalesce((SELECT sum(events) FROM events), 0)
  FROM verdict
  WHERE outcome = 'applied'
  ON CONFLICT (id) DO UPDATE
  SET events = a.events + excluded.events
)
SELECT outcome FROM verdict
