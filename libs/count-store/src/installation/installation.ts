import type pg from 'pg';
import { toTallyError } from '../postgres-errors.js';
import type { Statement } from '../delta/apply-delta.sql.js';
import {
  KEEP_NODES,
  LAST_NODE,
  OTHER_NODES,
  READ_INSTALLATION,
  READ_NODE,
  READ_NODES,
  REPLACE_NODE,
  STAMP_INSTALLATION,
} from './installation.sql.js';

/** A node of ZooKeeper as a shard has it: path below the root, and its JSON. */
export interface KeptNode {
  readonly path: string;
  readonly data: string;
}

/** Paths after one, exclusive, to another, inclusive; by their bytes. */
export interface PathRange {
  readonly after: string;
  readonly to: string;
}

/** What this database says of whose it is: the id, if it has one, and the topics that it has counted. */
export interface InstallationRow {
  readonly id: string | undefined;
  readonly topics: readonly string[];
}

/** TallyError `unavailable` or `deadline_exceeded` when Postgres does not answer, as of all here. */
export async function readInstallation(pool: pg.Pool): Promise<InstallationRow> {
  interface Row {
    readonly id: string | null;
    readonly topics: readonly string[];
  }
  const [row] = await ask<Row>(pool, READ_INSTALLATION, []);
  if (row === undefined) throw new Error('expected whose database this is, got no row');
  return { id: row.id ?? undefined, topics: row.topics };
}

/** The first id that is given stays; `readInstallation` tells which that was. */
export async function stampInstallation(pool: pg.Pool, id: string): Promise<void> {
  await ask(pool, STAMP_INSTALLATION, [id]);
}

/**
 * Keeps nodes that never change, durably when it resolves. Those that are there already with other
 * data stay as they are: returns their paths.
 */
export async function keepNodes(pool: pg.Pool, nodes: readonly KeptNode[]): Promise<string[]> {
  if (nodes.length === 0) return [];
  const values = [nodes.map(({ path }) => path), nodes.map(({ data }) => data)];
  await ask(pool, KEEP_NODES, values);
  const other = await ask<{ readonly path: string }>(pool, OTHER_NODES, values);
  return other.map(({ path }) => path);
}

/** Keeps the latest state of a node that changes, durably when it resolves. */
export async function replaceNode(pool: pg.Pool, { path, data }: KeptNode): Promise<void> {
  await ask(pool, REPLACE_NODE, [path, data]);
}

/** One node, if it is kept. */
export async function readKeptNode(pool: pg.Pool, path: string): Promise<KeptNode | undefined> {
  return (await ask<KeptNode>(pool, READ_NODE, [path]))[0];
}

/** Ascending by path, at most so many. */
export function readKeptNodes(
  pool: pg.Pool,
  { after, to }: PathRange,
  limit: number,
): Promise<KeptNode[]> {
  return ask<KeptNode>(pool, READ_NODES, [after, to, limit]);
}

/** The last path in the range. */
export async function lastKeptPath(
  pool: pg.Pool,
  { after, to }: PathRange,
): Promise<string | undefined> {
  const [row] = await ask<{ readonly path: string | null }>(pool, LAST_NODE, [after, to]);
  return row?.path ?? undefined;
}

async function ask<Row extends object>(
  pool: pg.Pool,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    return (await pool.query<Row>({ ...statement, values: [...values] })).rows;
  } catch (error) {
    throw toTallyError('the installation', error);
  }
}
