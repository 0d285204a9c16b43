import { crash } from '@tally/resilience';

/** Ends a subscription; calling it again does nothing. */
export type Unsubscribe = () => void;

/**
 * Calls `listener`. What it throws is a bug and crashes the process, but from a fresh stack: our
 * callers stand inside native callbacks and between two steps of a state machine.
 */
export function deliver<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    crash(error);
  }
}

/** The listeners of one kind of event, called in the order in which they were added. */
export class Listeners<T> {
  private readonly entries = new Set<{ readonly listener: (value: T) => void }>();

  add(listener: (value: T) => void): Unsubscribe {
    const entry = { listener };
    this.entries.add(entry);
    return () => void this.entries.delete(entry);
  }

  emit(value: T): void {
    for (const entry of [...this.entries]) {
      if (this.entries.has(entry)) deliver(entry.listener, value);
    }
  }
}
