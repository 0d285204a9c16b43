import { Worker } from 'node:worker_threads';

/** The watcher looks so often within the time. */
const LOOKS = 40;
/** The thread that is watched shows so often that it works, if that is often enough. */
const BEAT_MS = 1000;

/** What is ended when, and what a line about it says. */
export interface WatchdogOptions {
  readonly service: string;
  readonly instance: string;
  /** How long the event loop may stand still; 0: for ever. */
  readonly maxStallMs: number;
  /** Calls what it is given at this interval, in ms, until what it returns is called. */
  readonly every: (ms: number, beat: () => void) => () => void;
}

/**
 * The watcher's program: a text, because a bundle is one file. It writes and kills by itself, for the
 * thread that it watches does nothing any more. Time is what the watcher itself lived through: when
 * the whole process was stopped, or the machine slept, so was the watcher.
 */
const WATCHER = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { beats, lookMs, looks, line } = workerData;
const nobody = new Int32Array(new SharedArrayBuffer(4));
let [last, still] = [-1, 0];
for (;;) {
  Atomics.wait(nobody, 0, 0, lookMs);
  const now = Atomics.load(beats, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still !== looks) continue;
  try {
    writeSync(2, JSON.stringify({ ...line, time: new Date().toISOString() }) + '\\n');
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
}`;

/**
 * Ends the process (SIGKILL, with a line on standard error) when its event loop stands still for
 * longer than `maxStallMs`: nothing answers then, all its sessions are gone, others have its work, and
 * whoever started it can start it again. The first process of a container cannot be killed from within:
 * there the line is all, and the liveness probe has to end it. Returns what ends the watch.
 */
export function watchEventLoop(options: WatchdogOptions): () => Promise<void> {
  const { service, instance, maxStallMs, every } = options;
  if (maxStallMs === 0) return async () => undefined;
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const lookMs = Math.ceil(maxStallMs / LOOKS);
  const msg = `the event loop stood still for ${maxStallMs} ms: ending at once`;
  const worker = new Worker(WATCHER, {
    eval: true,
    // Neither tracing nor a debugger belongs in there.
    execArgv: [],
    env: {},
    // One more: with the beat that is two looks apart, it ends no sooner than with a beat at each look.
    workerData: {
      beats,
      lookMs,
      looks: LOOKS + 1,
      line: { level: 'fatal', service, instance, msg },
    },
  });
  worker.unref();
  const stop = every(Math.min(BEAT_MS, 2 * lookMs), () => void Atomics.add(beats, 0, 1));
  return async () => {
    stop();
    await worker.terminate();
  };
}
