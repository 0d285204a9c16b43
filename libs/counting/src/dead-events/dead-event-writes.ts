import { encodeDeadEvents, type DeadCause } from '@tally/contracts';
import type { CountedRecord } from '../aggregate/partition-counter.js';
import type { ReadingPause } from '../run/reading-pause.js';
import type { RunAction } from '../run/run-action.js';

/** What waits is appended before anybody asks for it when it has so many bytes. */
const BATCH_BYTES = 512 << 10;
/** What waits to be appended; nothing is read while it is more. An append of one partition is below 16 MiB. */
const MAX_WAITING_BYTES = 8 << 20;
/** Before an append that the log did not confirm is tried again; twice as long each time, to the bound. */
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;
const HOLDER = 'dead events';

/** Records for the dead-events topic that are appended together. */
type Batch = Extract<RunAction, { kind: 'append-dead-events' }>;

/** Who is asked to append, and what is held meanwhile. */
export interface DeadEventWritesOptions {
  readonly pause: ReadingPause;
  readonly emit: (action: RunAction) => void;
}

/**
 * Dead events on their way beside the log. What covers a record may leave only when its dead events are
 * durable: a shard would have it covered, and nobody could say what was in it. One batch is on its way at
 * a time, and goes again until the log has taken it; whatever is repeated, a reader finds the same record.
 */
export class DeadEventWrites {
  private open: Batch['records'][number][] = [];
  private causes = new Map<DeadCause, number>();
  private openBytes = 0;
  /** The number of what is open. */
  private number = 1;
  private flight: { readonly batch: Batch; readonly bytes: number } | undefined;
  /** What waits until the batch of that number is durable. */
  private readonly waiting: { readonly number: number; readonly work: () => void }[] = [];

  constructor(private readonly options: DeadEventWritesOptions) {}

  /** The dead events of a record that was counted. */
  add(partition: number, { record, appendMs, counts, dead }: CountedRecord): void {
    if (dead.events.length === 0) return;
    const { offset, block } = record;
    const { schemaId, registryVersion, catalogPosition } =
      block.kind === 'block' ? block : { schemaId: 0, registryVersion: 0, catalogPosition: 0n };
    const { reason = '' } = counts;
    const { events } = dead;
    const meaning = { schemaId, registryVersion, catalogPosition };
    const value = encodeDeadEvents({ offset, appendMs, ...meaning, reason, events });
    this.open.push({ partition, value });
    this.openBytes += value.length;
    for (const { cause } of events) this.causes.set(cause, (this.causes.get(cause) ?? 0) + 1);
    if (this.openBytes >= BATCH_BYTES) this.send();
  }

  /** Does it when all that was added is durable: at once, where nothing waits. */
  afterDurable(work: () => void): void {
    const number = this.open.length > 0 ? this.number : this.flight?.batch.number;
    if (number === undefined) return work();
    this.waiting.push({ number, work });
    this.send();
  }

  /** Whether a record more may be counted. */
  hasRoom(): boolean {
    return this.waitingBytes === 0 || this.holdOrRelease();
  }

  /** @param isTaken False: it is not in the log, as far as anybody knows. */
  onAppended(number: number, isTaken: boolean): void {
    const { flight } = this;
    if (flight?.batch.number !== number) return;
    if (!isTaken) return this.sendAgain(flight);
    this.flight = undefined;
    const due = this.waiting.filter((one) => one.number <= number);
    this.waiting.splice(0, due.length);
    if (this.waiting.length > 0 || this.openBytes >= BATCH_BYTES) this.send();
    this.holdOrRelease();
    for (const { work } of due) work();
  }

  private get waitingBytes(): number {
    return this.openBytes + (this.flight?.bytes ?? 0);
  }

  private send(): void {
    if (this.flight !== undefined || this.open.length === 0) return;
    const batch: Batch = {
      kind: 'append-dead-events',
      number: this.number,
      records: this.open,
      causes: this.causes,
      attempt: 1,
      afterMs: 0,
    };
    this.flight = { batch, bytes: this.openBytes };
    this.open = [];
    this.causes = new Map();
    this.openBytes = 0;
    this.number += 1;
    this.options.emit(batch);
  }

  private sendAgain({ batch, bytes }: { readonly batch: Batch; readonly bytes: number }): void {
    const { attempt } = batch;
    const afterMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 16), MAX_RETRY_MS);
    const again = { ...batch, attempt: attempt + 1, afterMs };
    this.flight = { batch: again, bytes };
    this.options.emit(again);
  }

  /** @returns whether there is room. */
  private holdOrRelease(): boolean {
    const { pause } = this.options;
    const hasRoom = this.waitingBytes < MAX_WAITING_BYTES;
    if (hasRoom) pause.release(HOLDER);
    else pause.hold(HOLDER);
    return hasRoom;
  }
}
