import { mayResend, Sender, type Delivery } from '@tally/client';
import { LineBatch, LineSet, type Journal } from '@tally/client/journal';
import { Chain } from './chain.js';
import { ImportProblem, problemOf } from './import-problem.js';
import { type InputRecord } from './reading.js';

/** What became of the lines of one input so far. */
export interface ImportFigures {
  readonly lines: number;
  /** Events that the gateway took now. */
  readonly sent: number;
  /** Lines that an earlier run had settled. */
  readonly before: number;
  /** Lines that say no event. */
  readonly unreadable: number;
  /** Events that the gateway refused. */
  readonly rejected: number;
  /** Lines that may be in or not, and were not sent again. */
  readonly doubtful: LineSet;
}

/** What to import, and how. */
export interface ImportOptions {
  /** Keeps inputs apart that begin alike; empty: none. */
  readonly source: string;
  readonly type: string;
  readonly batchEvents: number;
  readonly connections: number;
  /** Sends what has been in doubt for too long all the same. */
  readonly resendDoubtful: boolean;
}

/** What an import needs of others, and whom it tells what. */
export interface ImportParts {
  /** By the id of the first record. */
  readonly openJournal: (firstId: string) => Journal;
  readonly deliver: (events: readonly string[]) => Promise<Delivery>;
  readonly onUnreadable: (line: number, reason: string) => void;
  readonly onRejected: (line: number, why: string) => void;
  readonly onProgress: (figures: ImportFigures) => void;
  readonly report: (line: string) => void;
  readonly now?: () => number;
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<unknown>;
}

const LINES_PER_PROGRESS = 500;
/** Something is wrong with all of them then; and each costs memory. */
export const MAX_REJECTED = 10_000;

/**
 * Sends the records of one input, each at most once as far as anybody can know: those that the
 * journal has are passed over. ImportProblem when it cannot go on; what was read before is sent
 * then all the same.
 */
export class Importer {
  private readonly doubtful = new LineSet();
  private lines = 0;
  private sent = 0;
  private before = 0;
  private unreadable = 0;
  private rejected = 0;
  private journal: Journal | undefined;
  private sender: Sender<LineBatch> | undefined;
  private batch = new LineBatch();
  /** First line that no batch has settled and that is next to be settled; 0: none. */
  private unsettledFrom = 0;

  constructor(
    private readonly options: ImportOptions,
    private readonly parts: ImportParts,
  ) {}

  get figures(): ImportFigures {
    const { lines, sent, before, unreadable, rejected, doubtful } = this;
    return { lines, sent, before, unreadable, rejected, doubtful };
  }

  async run(records: AsyncIterable<InputRecord>): Promise<ImportFigures> {
    try {
      let failure: { readonly error: unknown } | undefined;
      try {
        await this.read(records);
      } catch (error) {
        failure = { error };
        // Ends before the next mark: nobody knows whether these are the lines of the journal.
        if (this.isResuming) this.batch = new LineBatch();
      }
      await this.flush();
      await this.drain();
      if (failure !== undefined) throw failure.error;
      return this.figures;
    } finally {
      // Nothing is on its way any more, also when one batch failed.
      await this.sender?.settled();
      this.journal?.close();
    }
  }

  private async read(records: AsyncIterable<InputRecord>): Promise<void> {
    const chain = new Chain(this.options.source, this.options.type);
    for await (const record of records) {
      chain.add(record.content);
      this.lines += 1;
      await this.take(record, chain.id);
      await this.compare(chain.id);
      if (this.lines % LINES_PER_PROGRESS === 0) this.parts.onProgress(this.figures);
    }
    const { journal, lines } = this;
    if (journal !== undefined && lines < journal.lastLine)
      this.refuse(`the journal has lines up to ${journal.lastLine}, the input ends at ${lines}`);
  }

  private async take(record: InputRecord, id: string): Promise<void> {
    const line = this.lines;
    const state = this.journal?.state(line) ?? { kind: 'new' };
    const doubtSince = state.kind === 'in doubt' ? state.since : undefined;
    if (state.kind === 'acknowledged' || this.isTooOld(doubtSince)) {
      if (state.kind === 'acknowledged') this.before += 1;
      else this.doubtful.add([line, line]);
      this.unsettledFrom = 0;
      return;
    }
    const reading = record.read(id);
    if (reading.kind !== 'nothing' && this.journal === undefined) {
      this.open(id);
      // Only now it is known what an earlier run did with this line.
      return this.take(record, id);
    }
    if (this.unsettledFrom === 0) this.unsettledFrom = line;
    if (reading.kind === 'nothing') return;
    if (reading.kind === 'unreadable') {
      this.unreadable += 1;
      this.parts.onUnreadable(line, reading.reason);
      return;
    }
    if (!this.isResuming && !this.batch.hasRoomFor(reading.json, this.options.batchEvents))
      await this.flush();
    const since = this.options.resendDoubtful ? undefined : doubtSince;
    this.batch.add(reading.json, id, [this.unsettledFrom, line], since);
    this.unsettledFrom = line + 1;
  }

  /** Proof that the lines so far are those of the journal: before anything of them is sent. */
  private async compare(id: string): Promise<void> {
    const mark = this.journal?.markAt(this.lines);
    if (mark === undefined) return;
    if (mark !== id) this.refuse(`it is not the same up to line ${this.lines}`);
    await this.flush();
  }

  private refuse(why: string): never {
    this.batch = new LineBatch();
    throw new ImportProblem(
      `this input begins like the one of the journal ${this.journal?.path ?? ''}, but ${why}. If it is another one, --source NAME keeps them apart; --again sends all of it and forgets the journal`,
    );
  }

  private get isResuming(): boolean {
    return this.lines <= (this.journal?.lastLine ?? 0);
  }

  private isTooOld(since: number | undefined): boolean {
    const { now = Date.now } = this.parts;
    return since !== undefined && !this.options.resendDoubtful && !mayResend(since, now());
  }

  private open(firstId: string): void {
    const { openJournal, deliver, report, now, wait, onRejected } = this.parts;
    const journal = openJournal(firstId);
    this.journal = journal;
    this.sender = new Sender<LineBatch>({
      notes: journal,
      deliver,
      connections: this.options.connections,
      report,
      now,
      wait,
      onTaken: (batch, rejected) => {
        this.sent += batch.events.length - rejected.length;
        this.rejected += rejected.length;
        for (const { index, why } of rejected) onRejected(batch.lineOf(index), why);
        if (this.rejected > MAX_REJECTED)
          throw new ImportProblem(`the gateway refused more than ${MAX_REJECTED} events`);
      },
    });
  }

  private async flush(): Promise<void> {
    const { batch } = this;
    this.batch = new LineBatch();
    if (batch.events.length === 0) return;
    const stopped = await this.sender?.send(batch);
    if (stopped !== undefined) throw problemOf(stopped);
  }

  private async drain(): Promise<void> {
    const stopped = await this.sender?.drain();
    if (stopped !== undefined) throw problemOf(stopped);
  }
}
