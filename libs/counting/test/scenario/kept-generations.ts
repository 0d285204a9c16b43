import type { RunAction } from '../../src/run/run-action.js';
import type { ClosedGeneration } from '../../src/snapshots/generation-draft.js';
import { readGeneration, type WindowGeneration } from '../../src/snapshots/window-generation.js';

type Write = Extract<RunAction, { kind: 'write-generation' }>;

/** What runs of a scenario wanted to be kept of their dedup windows; it outlives them. */
export class KeptGenerations {
  private readonly kept = new Map<string, ClosedGeneration>();

  constructor(private readonly topic: string) {}

  /** @returns of which partition and records it is, like `0: 3..8`. */
  keep({ partition, generation }: Write): string {
    const text = `${partition}: ${generation.first}..${generation.end - 1n}`;
    this.kept.set(text, generation);
    return text;
  }

  /** @param offsets Like 3..8; whatever was not kept is no generation. */
  find(partition: string, offsets: string): WindowGeneration | undefined {
    const kept = this.kept.get(`${partition}: ${offsets}`);
    if (kept === undefined) return undefined;
    const read = readGeneration(kept.bytes, this.topic, kept);
    if (read.kind === 'malformed') throw new Error(read.reason);
    return read;
  }
}
