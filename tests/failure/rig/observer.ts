import pg from 'pg';

/** Offsets of one partition that a shard has folded in, ascending. */
export type OffsetRanges = readonly (readonly [from: number, to: number])[];

/** Behind the last of them. */
export function endOf(ranges: OffsetRanges = []): number {
  return ranges.at(-1)?.[1] ?? 0;
}

/** Looks into the tables of a shard behind everybody's back: to see whether a fault bit. */
export class ShardObserver {
  constructor(private readonly url: string) {}

  async topic(): Promise<string | undefined> {
    const rows = await this.ask<{ topic: string }>('SELECT DISTINCT topic FROM coverage');
    return rows[0]?.topic;
  }

  /** By partition. */
  async coverage(): Promise<Map<number, OffsetRanges>> {
    const rows = await this.ask<{ partition: number; from: string; to: string }>(
      `SELECT partition, lower(range)::text AS "from", upper(range)::text AS "to"
       FROM coverage, unnest(covered) AS range ORDER BY 1, lower(range)`,
    );
    const covered = new Map<number, [number, number][]>();
    for (const { partition, from, to } of rows)
      covered.set(partition, [...(covered.get(partition) ?? []), [Number(from), Number(to)]]);
    return covered;
  }

  /** Number of offsets that are covered, over all partitions. */
  async coveredOffsets(): Promise<number> {
    let count = 0;
    for (const ranges of (await this.coverage()).values())
      for (const [from, to] of ranges) count += to - from;
    return count;
  }

  /** Whether it has folded in what lies before these offsets, by partition. */
  async hasAllBefore(ends: ReadonlyMap<number, number>): Promise<boolean> {
    const coverage = await this.coverage();
    return [...ends].every(([partition, end]) => endOf(coverage.get(partition)) >= end);
  }

  /** Of the series of that type with dimensions: how many it has, and how long these are in all. */
  async namesOf(type: string): Promise<{ readonly series: number; readonly bytes: number }> {
    const [row] = await this.ask<{ series: string; bytes: string | null }>(
      `SELECT count(*) AS series, sum(octet_length(dimensions)) AS bytes
       FROM series WHERE type = '${type}' AND dimensions <> ''`,
    );
    return { series: Number(row?.series), bytes: Number(row?.bytes ?? 0) };
  }

  /** Where its Postgres has its files. */
  async dataDirectory(): Promise<string> {
    const [row] = await this.ask<{ data_directory: string }>('SHOW data_directory');
    if (row === undefined) throw new Error('expected a data directory, got no row');
    return row.data_directory;
  }

  private async ask<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: 5000,
      query_timeout: 10_000,
    });
    // A server that is killed breaks the connection; the query that needs it says so.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }
}

/** Sum of a metric over the samples whose labels hold `label`, from Prometheus' text format. */
export async function readMetric(adminUrl: string, name: string, label = ''): Promise<number> {
  const response = await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(5000) });
  let sum = 0;
  for (const line of (await response.text()).split('\n')) {
    const [series = '', value] = line.split(' ');
    const [metric, labels = ''] = series.split('{');
    if (metric === name && labels.includes(label)) sum += Number(value);
  }
  return sum;
}
