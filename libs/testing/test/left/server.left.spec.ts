import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startRedis } from '../../src/index.js';

// Run by end-with-parent.int.spec.ts alone, which names the folder and kills this Jest.
it('starts a server as tests do, and a process that nobody watches, and goes on for ever', async () => {
  const dir = process.env['TALLY_TEST_DIR'] ?? '';
  const redis = await startRedis({ dir });
  const unwatched = spawn('sleep', ['300'], { stdio: 'ignore', detached: true });
  writeFileSync(join(dir, 'pids'), JSON.stringify([redis.process.pid, unwatched.pid]));
  await redis.process.whenEnded();
  expect(redis.process.running).toBe(true);
}, 60_000);
