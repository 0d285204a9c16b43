import type { Statement } from './apply-delta.sql.js';

const TEXT = `
WITH missing AS MATERIALIZED (
  SELECT id, project, type, subject, dimensions, most
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int4[])
    AS a(id, project, type, subject, dimensions, most)
  WHERE NOT EXISTS (SELECT FROM series s WHERE s.id = a.id)
),
known AS MATERIALIZED (
  SELECT project, type, subject,
         (SELECT count(*)
          FROM (SELECT FROM series s
                WHERE s.project = d.project AND s.type = d.type AND s.subject = d.subject
                      AND s.dimensions <> ''
                LIMIT d.most) AS found) AS count
  FROM (SELECT project, type, subject, max(most) AS most FROM missing GROUP BY 1, 2, 3) AS d
),
numbered AS MATERIALIZED (
  SELECT m.*, k.count + row_number() OVER (PARTITION BY project, type, subject ORDER BY id) AS number
  FROM missing m
  JOIN known k USING (project, type, subject)
),
admitted AS (
  INSERT INTO series (id, project, type, subject, dimensions)
  SELECT id, project, type, subject, dimensions
  FROM numbered
  WHERE number <= most
  ORDER BY id
  ON CONFLICT (id) DO NOTHING
)
SELECT id FROM numbered WHERE number > most
`;

/**
 * Enters split series, as long as their subjects have no more of them than `most`, and names those that
 * are too many. Nothing is locked: of several at once each may see room that another takes, so there may
 * be some more.
 */
export const ADMIT_SERIES: Statement = { name: 'admit-series', text: TEXT.trim() };
