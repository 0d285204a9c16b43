import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '@tally/contracts';
import { applyDelta, migrate, parseDelta } from '@tally/count-store';
import { startPostgres } from '@tally/testing';
import pg from 'pg';
import { bestOf, wallMs, type Figure } from './best-of.js';
import { countInto, type KINDS } from './pieces.js';

/** A flush into a Postgres of its own, per row: rows that are new, then the same rows again and again. */
export async function applyFigures(
  records: readonly LogRecord[],
  kind: keyof typeof KINDS,
  rounds: number,
): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'tally-processor-bench-'));
  const server = await startPostgres({ dir });
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  try {
    await migrate(server.url);
    const delta = countInto(records, kind);
    const message = { ...delta.toMessage(), instants: [] };
    let offset = 0;
    /** The same sums for offsets that nothing was told of. */
    const next = () => {
      const from = offset;
      offset += records.length;
      const ranges = message.ranges.map(({ partition }) => ({
        partition,
        ranges: [{ from: String(from), to: String(offset) }],
      }));
      return { ...message, ranges };
    };
    const apply = async (request: ReturnType<typeof next>) => {
      const { kind: outcome } = await applyDelta(
        pool,
        parseDelta(request, () => true),
      );
      if (outcome !== 'applied')
        throw new Error(`expected a delta that is applied, got ${outcome}`);
    };
    const fresh = await bestOf(
      `apply, ${kind}, new rows (a row)`,
      delta.rows,
      1,
      wallMs,
      next,
      apply,
    );
    const again = await bestOf(
      `apply, ${kind}, known rows (a row)`,
      delta.rows,
      rounds,
      wallMs,
      next,
      apply,
    );
    return [fresh, again].map((figure) => ({
      ...figure,
      note: `${Math.round(1e9 / figure.ns)} rows/s`,
    }));
  } finally {
    await pool.end();
    await server.process.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
