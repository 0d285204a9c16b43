import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assertKeptShards } from './kept-shards.js';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'tally-shards-'))));
afterEach(() => rmSync(dir, { recursive: true }));

describe('a stack', () => {
  it('has any number of shards as long as there is no data', () => {
    assertKeptShards(join(dir, 'nowhere'), 3);
    mkdirSync(join(dir, 'zookeeper'));
    assertKeptShards(dir, 8);
  });

  it('has as many shards as its data, since slots cannot move', () => {
    for (const name of ['postgres-0', 'postgres-1', 'postgres-2', 'zookeeper'])
      mkdirSync(join(dir, name));
    assertKeptShards(dir, 3);
    expect(() => assertKeptShards(dir, 2)).toThrow(
      'the data of earlier runs is on 3 shards, not 2, and slots cannot move from shard to shard yet: --fresh forgets that data, --shards 3 keeps it',
    );
  });
});
