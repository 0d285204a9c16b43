import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By then everything that is done once was done. */
const SETTLED_MS = 10_000;

/**
 * Collects once what the start left behind, and gives its memory back: a process that nobody uses makes
 * so little garbage that V8 would not for hours. Returns what keeps it from being done.
 *
 * @param settledMs From now; a test does not wait.
 */
export function giveBackStart(settledMs = SETTLED_MS): () => void {
  const timer = setTimeout(() => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
  }, settledMs).unref();
  return () => clearTimeout(timer);
}
