import { deadLettersTopic, TallyError, type LogRecord } from '@tally/contracts';
import type { LetterPlace } from '@tally/counting';
import { LogReader, type KafkaConfig, type LogAdmin } from '@tally/log-client';

/** Of one partition, at once. */
const READ_BYTES = 1 << 20;
/** How long new letters are waited for in one question. */
const WAIT_MS = 5000;

/** The topic of dead letters of one events topic, to be read. Every failure is a TallyError `unavailable`. */
export class LettersTopic {
  private readonly name: string;
  /** It waits for what comes; reads that somebody waits for go by the other one. */
  private readonly follower: LogReader;
  private readonly reader: LogReader;
  private positions: Map<number, bigint> | undefined;

  constructor(
    eventsTopic: string,
    kafka: KafkaConfig,
    private readonly admin: LogAdmin,
  ) {
    this.name = deadLettersTopic(eventsTopic);
    this.follower = new LogReader(kafka);
    this.reader = new LogReader(kafka);
  }

  /** Throws as long as there is none: it is made when the first letter is written. */
  async assertThere(): Promise<void> {
    if (!(await this.admin.hasTopic(this.name)))
      throw new TallyError('unavailable', `the log has no topic ${this.name}`);
  }

  /** The next records of each partition, from its first on; waits a while where there are none. */
  async next(): Promise<ReadonlyMap<number, readonly LogRecord[]>> {
    this.positions ??= await this.firsts();
    const next = new Map<number, readonly LogRecord[]>();
    const limits = { maxBytes: READ_BYTES, maxWaitMs: WAIT_MS };
    for (const { partition, high, records } of await this.follower.read(
      this.name,
      this.positions,
      limits,
    )) {
      const last = records.at(-1);
      if (last !== undefined) {
        next.set(partition, records);
        this.positions.set(partition, last.offset + 1n);
      } else if (high > (this.positions.get(partition) ?? 0n)) await this.skipGone(partition);
    }
    return next;
  }

  /** The values that lie there, each undefined where it is gone. */
  async read(places: readonly LetterPlace[]): Promise<(Buffer | null | undefined)[]> {
    const found = new Map<string, Buffer | null>();
    for (const partition of new Set(places.map((place) => place.partition))) {
      const wanted = places.filter((place) => place.partition === partition);
      await this.readOne(
        partition,
        wanted.map(({ letter }) => letter),
        found,
      );
    }
    return places.map(({ partition, letter }) => found.get(`${partition}/${letter}`));
  }

  /** Deletes the letters of the partition below that one. */
  drop(partition: number, before: bigint): Promise<void> {
    return this.admin.deleteRecords(this.name, partition, before);
  }

  async close(): Promise<void> {
    await Promise.all([this.follower.close(), this.reader.close()]);
  }

  private async firsts(): Promise<Map<number, bigint>> {
    const bounds = await this.admin.bounds(this.name);
    return new Map([...bounds].map(([partition, { low }]) => [partition, low]));
  }

  /** Somebody else has delivered what lay there. */
  private async skipGone(partition: number): Promise<void> {
    const low = (await this.firsts()).get(partition) ?? 0n;
    const position = this.positions?.get(partition) ?? 0n;
    if (low > position) this.positions?.set(partition, low);
  }

  private async readOne(
    partition: number,
    letters: readonly bigint[],
    found: Map<string, Buffer | null>,
  ): Promise<void> {
    const wanted = new Set(letters);
    const limits = { maxBytes: READ_BYTES, maxWaitMs: 0 };
    while (wanted.size > 0) {
      const [first = 0n] = wanted;
      const [read] = await this.reader.read(this.name, new Map([[partition, first]]), limits);
      for (const { offset, value } of read?.records ?? [])
        if (wanted.delete(offset)) found.set(`${partition}/${offset}`, value);
      // It is not there, or would have been the first.
      wanted.delete(first);
    }
  }
}
