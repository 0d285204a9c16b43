import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './stack/index.js';

const USAGE = 'usage: tools/up [--once | --detach] [--fresh] [--shards N]';

describe('tools/up', () => {
  it.each([
    ['an option that it does not know', ['--twice'], `unknown option --twice; ${USAGE}`],
    ['no number of shards', ['--fresh', '--shards'], '--shards: expected 1 to 8, got nothing'],
    ['too many shards', ['--shards', '9'], '--shards: expected 1 to 8, got 9'],
    ['no shard at all', ['--shards', '0'], '--shards: expected 1 to 8, got 0'],
  ])('refuses %s before it does anything', (_, args, problem) => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'tools/up'), args, {
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `up: ${problem}\n`,
    });
  });
});
