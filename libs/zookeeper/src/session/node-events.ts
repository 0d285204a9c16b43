import type { Unsubscribe } from '../listeners.js';

/** Who wants to know that something about a node may have changed, by absolute path. */
export class NodeEvents {
  private readonly byPath = new Map<string, Set<() => void>>();

  /** Tells `listener` of each event of this path; events may be spurious. */
  on(path: string, listener: () => void): Unsubscribe {
    const listeners = this.byPath.get(path) ?? new Set();
    this.byPath.set(path, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.byPath.get(path) === listeners) this.byPath.delete(path);
    };
  }

  emit(path: string): void {
    this.byPath.get(path)?.forEach((tell) => tell());
  }
}
