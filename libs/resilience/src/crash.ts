/**
 * Ends the process with a bug: thrown from a fresh stack, where nobody can catch it, because the
 * caller stands inside somebody else's callback or between two steps of a state machine.
 */
export function crash(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
