import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One row of the data set: a flight within the USA in 2001 (US Bureau of Transportation Statistics). */
export interface Flight {
  /** Number of the row in the file, from 0. */
  readonly row: number;
  /** ms since 1970, the file's local time read as UTC. */
  readonly time: number;
  /** Minutes; negative: early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

export const EVENT_TYPE = 'flight';

/** All rows of `flights-20k.json` in the npm package vega-datasets. */
export function readFlights(): Flight[] {
  // The package exports its code alone: the data lie beside it.
  const code = createRequire(import.meta.url).resolve('vega-datasets');
  const file = join(dirname(code), '../data/flights-20k.json');
  const rows = JSON.parse(readFileSync(file, 'utf8')) as readonly (Omit<Flight, 'row' | 'time'> & {
    readonly date: string;
  })[];
  return rows.map(({ date, ...rest }, row) => ({ row, time: parseTime(date), ...rest }));
}

/** The event of a flight. Two rows are alike in date, origin and destination: the row is the id. */
export function eventOf({ row, time, delay, distance, origin, destination }: Flight) {
  return {
    id: `flights-20k:${row}`,
    type: EVENT_TYPE,
    subject: origin,
    time: new Date(time).toISOString(),
    value: delay,
    attributes: { destination, distance },
  };
}

/** `2001/01/10 18:20` as UTC, whatever the time zone of this machine is. */
function parseTime(date: string): number {
  const [, year, month, day, hour, minute] =
    /^(\d{4})\/(\d{2})\/(\d{2}) (\d{2}):(\d{2})$/.exec(date)?.map(Number) ?? [];
  if (year === undefined || month === undefined || minute === undefined)
    throw new Error(`expected a date like 2001/01/10 18:20, got ${date}`);
  return Date.UTC(year, month - 1, day, hour, minute);
}
