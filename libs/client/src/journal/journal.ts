import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { RejectedEvent } from '../delivery/delivery.js';
import type { SendingNotes } from '../sending/send-batch.js';
import type { LineBatch } from './line-batch.js';
import { LineSet, type LineRange } from './line-set.js';

/** Why a journal cannot be used, in a sentence for the user. */
export class JournalProblem extends Error {}

/** Which import a journal belongs to. */
export interface JournalOwner {
  /** Id of the first record of the input. */
  readonly input: string;
  /** The Tally that it goes to. */
  readonly gateway: string;
}

/**
 * What happened to lines of the input, one JSON object a line, in the order it happened:
 *
 *   {"journal":1,"input":"…","gateway":"…"}                    first: whose it is
 *   {"state":"sending","lines":[[1,1000]],"mark":"…","at":ms}  nobody knows from here on
 *   {"state":"acknowledged","lines":[[1,1000]],"rejected":[7]} in, but for those
 *   {"state":"withdrawn","lines":[[1,1000]]}                   known not to have arrived
 *
 * `mark` is the id of the last line sent: proof that a later run reads the same input.
 */
type Entry =
  | {
      readonly state: 'sending';
      readonly lines: readonly LineRange[];
      readonly mark: string;
      /** ms since 1970. */
      readonly at: number;
    }
  | {
      readonly state: 'acknowledged';
      readonly lines: readonly LineRange[];
      readonly rejected: readonly number[];
    }
  | { readonly state: 'withdrawn'; readonly lines: readonly LineRange[] };

/** What is known of one line of the input. */
export type LineState =
  | { readonly kind: 'new' }
  | { readonly kind: 'acknowledged' }
  /** Sent at first at this time; nobody knows whether it arrived. */
  | { readonly kind: 'in doubt'; readonly since: number };

const NEW: LineState = { kind: 'new' };
const ACKNOWLEDGED: LineState = { kind: 'acknowledged' };

const HEADER = '{"journal":1,';

/** Also an empty file, or one whose first line was cut: nothing of somebody else's is written to. */
function isJournal(text: string): boolean {
  return text.startsWith(HEADER) || HEADER.startsWith(text);
}

/** Which lines of an input were acknowledged: each step is on disk before the next one. */
export class Journal implements SendingNotes<LineBatch> {
  private readonly acknowledged = new LineSet();
  private readonly doubts = new Set<{ readonly since: number; readonly lines: LineSet }>();
  private readonly marks = new Map<number, string>();
  private last = 0;
  private readonly file: number;

  /**
   * Opens it, or makes it; `isAnew`: forgets what it says. Only one process has it at a time.
   * JournalProblem when another process has it, or when it is another import's.
   */
  constructor(
    readonly path: string,
    owner: JournalOwner,
    isAnew = false,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, 'a+');
    try {
      this.lock();
      if (!isJournal(readFileSync(path, 'utf8')))
        throw new JournalProblem(`${path} is no journal of an import`);
      const lines = isAnew ? [] : readFileSync(path, 'utf8').split('\n');
      // The last line of a killed run may be cut; what it says has not happened.
      const whole = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line));
      if (whole.length === 0) {
        ftruncateSync(this.file);
        this.write({ journal: 1, ...owner });
      } else {
        this.checkOwner(whole[0] as JournalOwner, owner);
        for (const entry of whole.slice(1)) this.note(entry as Entry);
        if (lines.at(-1) !== '') writeSync(this.file, '\n');
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** No line behind this one was ever sent; 0: none at all. */
  get lastLine(): number {
    return this.last;
  }

  state(line: number): LineState {
    if (this.acknowledged.has(line)) return ACKNOWLEDGED;
    let since = Infinity;
    for (const doubt of this.doubts)
      if (doubt.lines.has(line)) since = Math.min(since, doubt.since);
    return since === Infinity ? NEW : { kind: 'in doubt', since };
  }

  /** Id that a line had when it was sent, where that was noted. */
  markAt(line: number): string | undefined {
    return this.marks.get(line);
  }

  sending({ lines, mark }: LineBatch, at: number): void {
    this.record({ state: 'sending', lines, mark, at });
  }

  taken(batch: LineBatch, rejected: readonly RejectedEvent[]): void {
    const lines = rejected.map(({ index }) => batch.lineOf(index));
    this.record({ state: 'acknowledged', lines: batch.lines, rejected: lines });
  }

  withdrawn({ lines }: LineBatch): void {
    this.record({ state: 'withdrawn', lines });
  }

  close(): void {
    closeSync(this.file);
  }

  private record(entry: Entry): void {
    this.write(entry);
    this.note(entry);
  }

  private write(line: object): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`);
    fdatasyncSync(this.file);
  }

  private note(entry: Entry): void {
    if (entry.state === 'sending') {
      this.doubts.add({ since: entry.at, lines: LineSet.of(entry.lines) });
      const end = entry.lines.at(-1)?.[1] ?? 0;
      this.marks.set(end, entry.mark);
      this.last = Math.max(this.last, end);
      return;
    }
    for (const range of entry.lines) {
      if (entry.state === 'acknowledged') this.acknowledged.add(range);
      for (const doubt of this.doubts) doubt.lines.remove(range);
    }
    if (entry.state === 'acknowledged')
      for (const line of entry.rejected) this.acknowledged.remove([line, line]);
    for (const doubt of this.doubts) if (doubt.lines.isEmpty) this.doubts.delete(doubt);
  }

  /** The kernel lets go when this process ends, however it ends. Node has no call for it. */
  private lock(): void {
    const { status, error } = spawnSync('flock', ['--nonblock', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', this.file],
    });
    if (error !== undefined) throw new JournalProblem(`flock cannot be run: ${error.message}`);
    if (status !== 0) throw new JournalProblem(`another import uses the journal ${this.path}`);
  }

  private checkOwner(found: JournalOwner, { input, gateway }: JournalOwner): void {
    if (found.input !== input)
      throw new JournalProblem(
        `the journal ${this.path} is of an input that begins otherwise, or was imported with another --type or --source`,
      );
    if (found.gateway !== gateway)
      throw new JournalProblem(
        `the journal ${this.path} is of an import to ${found.gateway}, this one goes to ${gateway}`,
      );
  }
}
