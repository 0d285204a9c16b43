import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { withoutOurFiles } from './without-our-files.js';

/** Nobody ever writes: `read` ends when the kernel closes the other end. */
const WAIT_AND_KILL = 'read -r _; kill -s KILL -- "-$1"';

/**
 * Ends `child`, and what it has started in its group, when this process is gone before it: however that happened,
 * by SIGKILL too, which leaves no time to stop anything. `child` must have been spawned `detached`,
 * so that its process id names a group of its own.
 *
 * A shell beside it holds the reading end of a pipe, whose writing end this process alone has.
 */
export function endWithParent(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const command = withoutOurFiles('sh', ['-c', WAIT_AND_KILL, 'sh', String(child.pid)]);
  const watch = spawn(...command, {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // A child that nobody watches is not left alone.
  watch.once('error', () => child.kill('SIGKILL'));
  // It keeps nobody from ending: that is what it waits for.
  watch.unref();
  if (watch.stdin instanceof Socket) watch.stdin.unref();
  child.once('exit', () => watch.kill('SIGKILL'));
}
