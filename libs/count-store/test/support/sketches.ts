import {
  attributeId,
  DDSketch,
  encodeDeltaEntry,
  HashedText,
  HyperLogLog,
  readSketches,
} from '@tally/sketches';
import type pg from 'pg';

const text = new HashedText();

/** Of different values, of events that had these. */
export function uniquesOf(...values: readonly string[]): HyperLogLog {
  const sketch = new HyperLogLog();
  for (const value of values) sketch.add(text.take(value));
  return sketch;
}

/** Of these values, in micro-units. */
export function quantilesOf(...values: readonly number[]): DDSketch {
  const sketch = new DDSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** Entries of a delta that has one row for each of these: its name as a user, and a value. */
export function sketchesOf(...subjects: readonly string[]): Buffer {
  return Buffer.concat(
    subjects.flatMap((subject, row) => [
      encodeDeltaEntry(row, attributeId('user'), uniquesOf(subject).encode()),
      encodeDeltaEntry(row, undefined, quantilesOf(row * 1000).encode()),
    ]),
  );
}

/** What is stored, merged, in hexadecimal, by subject, minute and attribute. */
export async function mergedSketches(pool: pg.Pool): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ key: string; kind: number; data: Buffer }>(
    `SELECT concat_ws(' ', subject, start_minute, attribute) AS key, kind,
            string_agg(data, ''::bytea) AS data
     FROM sketches JOIN series ON id = series GROUP BY 1, 2`,
  );
  const merged = rows.map(({ key, kind, data }) => {
    const sketch = readSketches(kind === 0 ? new HyperLogLog() : new DDSketch(), data);
    return [key, sketch.encode().toString('hex')] as const;
  });
  return new Map(merged);
}
