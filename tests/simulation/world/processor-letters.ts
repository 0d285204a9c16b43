import type { StandingRange } from '@tally/contracts';
import { standingBy, type Answer, type ShardCoverage } from '@tally/counting';
import type { Network } from './network.js';
import type { SimulatedLog } from './simulated-log.js';
import type { VirtualTime } from './virtual-time.js';

/** How long a client of the log tries to append; what came of it nobody knows then. */
const APPENDS_WITHIN_MS = 2000;

export interface ProcessorLettersOptions {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly letters: SimulatedLog;
  readonly deadEvents: SimulatedLog;
}

/** The topics of dead letters and of dead events, as a processor has to do with it. */
export class ProcessorLetters {
  constructor(private readonly options: ProcessorLettersOptions) {}

  /** By partition, the first letter there is; undefined: the log does not answer. */
  first(): ReadonlyMap<number, bigint> | undefined {
    const bounds = this.options.letters.bounds();
    if (bounds === undefined) return undefined;
    return new Map([...bounds].map(([partition, { low }]) => [partition, low]));
  }

  /** What stands in letters, as the last one of each partition says. */
  standing(partitions: readonly number[]): Map<number, StandingRange[]> | undefined {
    const bounds = this.options.letters.bounds();
    if (bounds === undefined) return undefined;
    return new Map(
      partitions.map((partition) => {
        const within = bounds.get(partition) ?? { low: 0n, high: 0n };
        const last = within.high - 1n;
        const [record] = this.options.letters.fetch(partition, last, 1)?.records ?? [];
        return [partition, record?.offset === last ? standingBy(record.value, within) : []];
      }),
    );
  }

  /** Tells whether all are durable; false: nobody knows whether they will be. */
  appendDead(
    records: readonly { readonly partition: number; readonly value: Buffer }[],
    hear: (isTaken: boolean) => void,
  ): void {
    const { deadEvents, network, time } = this.options;
    const open = new Set(records);
    let isHeard = false;
    const once = (isTaken: boolean) => {
      if (isHeard) return;
      isHeard = true;
      hear(isTaken);
    };
    for (const record of records)
      network.send(() =>
        deadEvents.append(record.partition, record.value, () =>
          network.send(() => {
            open.delete(record);
            if (open.size === 0) once(true);
          }),
        ),
      );
    time.after(APPENDS_WITHIN_MS, () => once(false));
  }

  /** Tells the offset once it is durable; undefined: nobody knows whether it will be. */
  append(partition: number, letter: Buffer, hear: (offset: bigint | undefined) => void): void {
    const { letters, network, time } = this.options;
    let isHeard = false;
    const once = (offset: bigint | undefined) => {
      if (isHeard) return;
      isHeard = true;
      hear(offset);
    };
    network.send(() =>
      letters.append(partition, letter, (_, offset) => network.send(() => once(offset))),
    );
    time.after(APPENDS_WITHIN_MS, () => once(undefined));
  }
}

/** Without an answer of the log nobody knows what was delivered before the shard was asked. */
export function heardAfter(
  firstLetters: ReadonlyMap<number, bigint> | undefined,
  answer: Answer<ShardCoverage> | undefined,
): Answer<ShardCoverage> {
  if (answer === undefined || firstLetters === undefined) return { kind: 'none' };
  return answer.kind === 'answer' ? { ...answer, firstLetters } : answer;
}
