import { existsSync, readdirSync } from 'node:fs';

/** How many shards the data of earlier runs is on; 0: there is none. */
export function keptShards(dir: string): number {
  const names = existsSync(dir) ? readdirSync(dir) : [];
  return names.filter((name) => /^postgres-\d+$/.test(name)).length;
}

/** The slots of a shard map are fixed for as long as nothing moves them: throws where others are asked for. */
export function assertKeptShards(dir: string, shards: number): void {
  const kept = keptShards(dir);
  if (kept !== 0 && kept !== shards)
    throw new Error(
      `the data of earlier runs is on ${kept} shards, not ${shards}, and slots cannot move from shard to shard yet: --fresh forgets that data, --shards ${kept} keeps it`,
    );
}
