import { deadLettersTopic, type StandingRange } from '@tally/contracts';
import { standingBy, type Standing } from '@tally/counting';
import { LogReader } from '@tally/log-client';
import { SideTopic, type SideTopicOptions } from '../topics/side-topic.js';

/** One letter is wanted; the batch that has it comes whole. */
const READ = { maxBytes: 1, maxWaitMs: 0 };

/** The topic of dead letters. Every failure is a TallyError `unavailable`. */
export class DeadLettersTopic {
  private readonly side: SideTopic;
  private readonly reader: LogReader;

  constructor(private readonly options: SideTopicOptions) {
    this.side = new SideTopic(deadLettersTopic(options.topic.name), options);
    this.reader = new LogReader(options.kafka);
  }

  /** By partition, the first letter that there is. */
  async firstLetters(): Promise<ReadonlyMap<number, bigint>> {
    const bounds = await this.options.admin.bounds(this.side.name);
    return new Map([...bounds].map(([partition, { low }]) => [partition, low]));
  }

  /** What stands in letters of these partitions, as the last one of each says. */
  async standing(partitions: readonly number[]): Promise<Standing> {
    const { admin } = this.options;
    const standing = new Map<number, StandingRange[]>();
    if (!(await this.side.isThere())) return standing;
    const bounds = await admin.bounds(this.side.name);
    const last = new Map<number, bigint>();
    for (const partition of partitions) {
      const { low = 0n, high = 0n } = bounds.get(partition) ?? {};
      if (low < high) last.set(partition, high - 1n);
    }
    if (last.size === 0) return standing;
    for (const { partition, records } of await this.reader.read(this.side.name, last, READ)) {
      const within = bounds.get(partition);
      if (within !== undefined) standing.set(partition, standingBy(records[0]?.value, within));
    }
    return standing;
  }

  /** Resolves with the offset of the letter once it is durable. */
  async append(partition: number, letter: Buffer): Promise<bigint> {
    const [appended] = await this.side.append([{ partition, value: letter }]);
    if (appended === undefined) throw new Error('expected an append that was confirmed');
    return appended.offset;
  }

  async close(): Promise<void> {
    await this.side.close();
    await this.reader.close();
  }
}
