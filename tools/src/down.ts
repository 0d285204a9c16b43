import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE_MS } from '@tally/contracts';
import { eventually } from '@tally/testing';
import { StartedProcesses } from './stack/index.js';

const dir = join(import.meta.dirname, '../../.tally');
const lock = join(dir, 'lock');

/** tools/up holds the lock as long as it lives. */
function upRuns(): boolean {
  try {
    execFileSync('flock', ['--nonblock', lock, 'true'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
}

try {
  const pidFile = join(dir, 'up.pid');
  const ran = upRuns() && existsSync(pidFile);
  if (ran) {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
    await eventually('tools/up has stopped', () => !upRuns(), {
      timeoutMs: MINUTE_MS,
      intervalMs: 100,
    });
  }
  const leftovers = await new StartedProcesses(join(dir, 'processes.json')).endLeftovers();
  if (leftovers.length > 0) console.log(`ended what an earlier run left: ${leftovers.join(', ')}`);
  else console.log(ran ? 'stopped' : 'nothing runs');
} catch (error) {
  console.error(`down: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
