import type { LogRecord } from '@tally/contracts';
import { contentOf, type RecordContent } from './record-content.js';
import type { SimulatedCatalog } from './simulated-catalog.js';
import type { SimulatedLog } from './simulated-log.js';
import { isSketchedAt } from './event-meaning.js';
import { LATE_VERSION } from './poison.js';

/** The first record of an event. */
export interface Occurrence {
  readonly appendMs: number;
  /** What stands behind its subject in the name of the series that is split; undefined: none is. */
  readonly split: string | undefined;
  /** Whether the version of the registry in its block has sketches. */
  readonly isSketched: boolean;
  /** Its version came later, if at all: it is counted when a person says so, or is read again. */
  readonly isPoison: boolean;
}

/** An event of which a record was deleted: where it lay, and what the first one of it meant. */
interface DeletedEvent {
  readonly partition: number;
  /** undefined: the block was void. */
  readonly meant: Meaning | undefined;
}

type Meaning = Pick<Occurrence, 'split' | 'isSketched'>;

function meaningOf(occurrence: Occurrence | undefined): Meaning | undefined {
  if (occurrence === undefined) return undefined;
  const { split, isSketched } = occurrence;
  return { split, isSketched };
}

type DurableRecord = { readonly partition: number; readonly record: LogRecord };

/** What the log has, and had, by the formats and the rule alone: not by the code that is tried. */
export class LoggedEvents {
  private readonly deleted = new Map<string, DeletedEvent>();
  private readonly letGo: DurableRecord[] = [];
  private readonly contents = new WeakMap<LogRecord, RecordContent>();

  constructor(
    private readonly log: SimulatedLog,
    private readonly dedupWindowMs: number,
    private readonly catalog: Pick<SimulatedCatalog, 'splitOf'>,
  ) {}

  /** Every event that is in the log now, or that the log let go, and not void, by its id. */
  now(): Map<string, Occurrence> {
    const events = new Map<string, Occurrence>();
    const latest = new Map<number, number>();
    for (const { partition, record } of [...this.letGo, ...this.log.durableRecords()]) {
      const appendMs = Math.max(latest.get(partition) ?? 0, record.timestampMs);
      latest.set(partition, appendMs);
      const content = this.contentOf(record);
      const { ids, notAfterMs } = content;
      const leadMs = (notAfterMs ?? appendMs) - appendMs;
      if (leadMs < 0 || leadMs > this.dedupWindowMs / 3) continue;
      const { registryVersion } = content;
      const isPoison = registryVersion === LATE_VERSION;
      const isSketched = isSketchedAt(registryVersion);
      const said = { split: this.catalog.splitOf(content), isSketched };
      for (const id of ids)
        if (!events.has(id))
          events.set(id, { appendMs, isPoison, ...(this.deleted.get(id)?.meant ?? said) });
    }
    return events;
  }

  /** Ids of which a record was deleted. */
  gone(): Iterable<string> {
    return this.deleted.keys();
  }

  /** The partition where a record of this event was deleted; undefined: nowhere. */
  deletedIn(id: string): number | undefined {
    return this.deleted.get(id)?.partition;
  }

  /** Records that a processor let go. */
  get lettings(): number {
    return this.letGo.length;
  }

  /** A processor lets go what lies below this offset: it has to be counted all the same. */
  letGoBefore(partition: number, before: bigint): void {
    if (this.log.bounds() === undefined) return;
    for (const one of this.log.durableRecords())
      if (one.partition === partition && one.record.offset < before) this.letGo.push(one);
    this.log.shorten(partition, before);
  }

  /** Somebody deletes all but the last few records. */
  shorten(partition: number, keeps: number): void {
    const before = this.now();
    const durable = [...this.log.durableRecords()].filter((one) => one.partition === partition);
    for (const { record } of durable.slice(0, Math.max(0, durable.length - keeps))) {
      for (const id of this.contentOf(record).ids)
        if (!this.deleted.has(id))
          this.deleted.set(id, { partition, meant: meaningOf(before.get(id)) });
      this.log.shorten(partition, record.offset + 1n);
    }
  }

  /** A record is looked at after every read, and always the same. */
  private contentOf(record: LogRecord): RecordContent {
    const known = this.contents.get(record);
    if (known !== undefined) return known;
    const content = contentOf(record.value);
    this.contents.set(record, content);
    return content;
  }
}
