import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** A batch was about to be sent, or was acknowledged. */
interface Entry {
  readonly batch: number;
  readonly state: 'sending' | 'acknowledged';
  /** ms since 1970. */
  readonly at: number;
}

export type BatchState =
  | { readonly kind: 'new' }
  | { readonly kind: 'acknowledged' }
  /** Sent at first at this time; nobody knows whether it arrived. */
  | { readonly kind: 'in doubt'; readonly since: number };

/** Which batches were acknowledged: a file of lines, each on disk before the next step. */
export class Journal {
  private readonly states = new Map<number, BatchState>();
  private readonly file: number;

  constructor(path: string) {
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    // The last line of a killed run may be cut; what it says has not happened.
    for (const line of lines) if (line.endsWith('}')) this.note(JSON.parse(line) as Entry);
    this.file = openSync(path, 'a');
    if (lines.length > 0 && lines.at(-1) !== '') writeSync(this.file, '\n');
  }

  get isEmpty(): boolean {
    return this.states.size === 0;
  }

  state(batch: number): BatchState {
    return this.states.get(batch) ?? { kind: 'new' };
  }

  record(batch: number, state: Entry['state'], at: number): void {
    const entry = { batch, state, at };
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
    fdatasyncSync(this.file);
    this.note(entry);
  }

  close(): void {
    closeSync(this.file);
  }

  private note({ batch, state, at }: Entry): void {
    if (state === 'acknowledged') this.states.set(batch, { kind: 'acknowledged' });
    else if (!this.states.has(batch)) this.states.set(batch, { kind: 'in doubt', since: at });
  }
}
