import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose counters these are, and what ZooKeeper has that cannot be derived. */
export class Installation1795900000000 implements MigrationInterface {
  /** Kept for ever in each shard: it must not depend on what a bundler calls the class. */
  readonly name = 'Installation1795900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INSTALLATION);
    await runner.query(KEPT_NODES);
  }

  /** Without it a ZooKeeper that comes back empty is taken for a new one. */
  down(): Promise<void> {
    return Promise.reject(new Error('whose counters these are is not forgotten'));
  }
}

/** One row at most, written once. */
const INSTALLATION = `CREATE TABLE installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id text NOT NULL
)`;

/** path: of the node below Tally's root in ZooKeeper; data: its bytes, which are JSON. */
const KEPT_NODES = `CREATE TABLE kept_nodes (
  path text COLLATE "C" PRIMARY KEY,
  data text NOT NULL
)`;
