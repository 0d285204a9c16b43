// A reporter of Jest: a run whose tests are over and whose process goes on says in which project it
// was and what is open there, and fails. Without it such a run ends when somebody loses patience.
import { createHook } from 'node:async_hooks';
import { basename, relative } from 'node:path';
import { setTimeout } from 'node:timers';

/** What ends in order, like the last fetch of a consumer, is gone long before. */
const WAIT_MS = Number(process.env.TALLY_JEST_EXIT_MS ?? 28_000);
/** For as long it is watched what is opened anew: who connects again and again shows a timer at most. */
const WATCH_MS = 2000;
/** What every step of a program makes. */
const ORDINARY = new Set(['PROMISE', 'TickObject', 'Microtask', 'Immediate']);

export default class ExitGuard {
  constructor({ rootDir, outputFile = '', watch, watchAll }) {
    this.isWatching = watch || watchAll;
    const kind = basename(outputFile, '.json');
    this.run = `${relative(process.cwd(), rootDir)} (${kind})`;
  }

  onRunComplete() {
    if (this.isWatching) return;
    // The timer itself keeps no process alive: it fires only where something else does.
    setTimeout(() => {
      const opened = watchOpened();
      setTimeout(() => this.end(opened), WATCH_MS).unref();
    }, WAIT_MS).unref();
  }

  end(opened) {
    const seconds = (WAIT_MS + WATCH_MS) / 1000;
    const lines = [
      `${this.run}: the tests are over since ${seconds} s, and the process does not end. Open:`,
      ...openHandles().map((handle) => `  ${describe(handle)}`),
      `  by kind: ${countByKind(process.getActiveResourcesInfo())}`,
      ...[...opened].map((what) => `  opened meanwhile: ${what}`),
      'With --detectOpenHandles Jest says where it was opened.',
    ];
    process.stderr.write(`${lines.join('\n')}\n`);
    process.exit(1);
  }
}

/** What keeps the process alive, but for its own input and output. Node has no public list of it. */
function openHandles() {
  const own = new Set([process.stdin, process.stdout, process.stderr]);
  return process
    ._getActiveHandles()
    .filter((handle) => !own.has(handle) && handle._handle?.hasRef?.() !== false);
}

/** A set that is filled from now on with the kind of what is opened, and who does it. */
function watchOpened() {
  const opened = new Set();
  createHook({
    init(_id, kind) {
      if (ORDINARY.has(kind)) return;
      const caller = new Error().stack
        ?.split('\n')
        .find((line) => line.includes('/') && !/node:|jest-exit-guard/.test(line));
      if (caller !== undefined) opened.add(`${kind} ${caller.trim()}`);
    },
  }).enable();
  return opened;
}

function describe(handle) {
  if (handle.spawnargs !== undefined) {
    return `process ${handle.pid}: ${handle.spawnargs.join(' ').slice(0, 300)}`;
  }
  if (handle.remoteAddress !== undefined) {
    return `connection from port ${handle.localPort} to ${handle.remoteAddress}:${handle.remotePort}`;
  }
  const address = handle.listening === true ? handle.address() : null;
  if (address !== null) return `server on ${address.address ?? ''}:${address.port ?? address}`;
  return handle.constructor.name;
}

function countByKind(kinds) {
  const counts = new Map();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
