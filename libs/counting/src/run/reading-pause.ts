import type { RunAction } from './run-action.js';

/** Nothing is read while somebody holds it up. */
export class ReadingPause {
  private readonly holders = new Set<string>();

  constructor(private readonly emit: (action: RunAction) => void) {}

  hold(holder: string): void {
    if (this.holders.size === 0) this.emit({ kind: 'pause' });
    this.holders.add(holder);
  }

  release(holder: string): void {
    if (this.holders.delete(holder) && this.holders.size === 0) this.emit({ kind: 'resume' });
  }
}
