import {
  LetterDelivery,
  type Answer,
  type DeliveryAction,
  type FlushOutcome,
  type LetterPlace,
  type ShardCoverage,
} from '@tally/counting';
import type { EventsTopic, ShardMap } from '@tally/placement';
import type { Random } from '../../failure/traffic/random.js';
import { meaningAt } from './event-meaning.js';
import { CatalogReader, type SimulatedCatalog } from './simulated-catalog.js';
import { ask, type Network } from './network.js';
import { ShardAnswers } from './shard-answers.js';
import type { SimulatedLog } from './simulated-log.js';
import type { ProcessorFaults } from './processor-faults.js';
import { SimulatedProcess } from './simulated-process.js';
import type { SimulatedShard } from './simulated-shard.js';
import type { VirtualTime } from './virtual-time.js';

const LOOK_EVERY_MS = 300;
const DEADLINE_MS = 900;

export interface ReplayerFaults extends ProcessorFaults {
  /** Control: a letter is delivered as it is, whatever the shard covers. */
  deliversWhole: boolean;
}

export interface ReplayerWorld {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly log: SimulatedLog;
  readonly letters: SimulatedLog;
  readonly shards: readonly SimulatedShard[];
  readonly topic: EventsTopic;
  readonly shardMap: () => ShardMap;
  readonly catalog: SimulatedCatalog;
  readonly knowsVersion: (registryVersion: number) => boolean;
  readonly faults: ReplayerFaults;
  readonly random: Random;
  readonly tell: (line: string) => void;
}

/** A replayer with the real rules of delivery; there may be two at work at once. */
export class SimulatedReplayer {
  readonly process: SimulatedProcess;
  private readonly answers: ShardAnswers;
  private readonly catalog: CatalogReader;
  private delivery: LetterDelivery | undefined;
  private epoch = 0;
  /** Grows with each delivery: what an older one asked, nobody hears. */
  private generation = 0;
  private readonly ends = new Map<number, bigint>();

  constructor(
    private readonly name: string,
    private readonly world: ReplayerWorld,
  ) {
    this.process = new SimulatedProcess(world.time);
    this.answers = new ShardAnswers(world);
    this.catalog = new CatalogReader(world.catalog, this.process);
    this.begin();
  }

  /** Letters that it cannot read. */
  unreadable = 0;

  /** SIGKILL. */
  kill(): void {
    this.process.end();
    this.generation += 1;
    this.catalog.loseSome();
  }

  restart(): void {
    this.process.begin();
    this.catalog.begin();
    this.begin();
  }

  private begin(): void {
    const { topic, time } = this.world;
    const shardMap = this.world.shardMap();
    const generation = ++this.generation;
    this.epoch = shardMap.epoch;
    this.ends.clear();
    this.delivery = new LetterDelivery({
      topic: topic.name,
      epoch: shardMap.epoch,
      rules: {
        shardMap,
        definition: (_project, _type, version) =>
          meaningAt(
            () => version,
            this.world.catalog.isEnriched,
            () => undefined,
          ),
        catalog: this.catalog,
      },
      knowsVersion: (version) => this.world.knowsVersion(version),
      startedAtMs: time.nowMs,
      emit: (action) => this.carryOut(generation, action),
    });
    const look = () => {
      if (generation !== this.generation) return;
      if (this.world.shardMap().epoch !== this.epoch) return this.begin();
      this.look();
      this.process.later(LOOK_EVERY_MS, look);
    };
    this.process.later(LOOK_EVERY_MS, look);
  }

  private look(): void {
    const { letters, time, topic } = this.world;
    for (let partition = 0; partition < topic.partitions; partition++) {
      const from = this.ends.get(partition) ?? 0n;
      const fetched = letters.fetch(partition, from, 100);
      const { records = [] } = fetched ?? {};
      const last = records.at(-1);
      if (last === undefined) continue;
      this.ends.set(partition, last.offset + 1n);
      this.delivery?.onAppended(
        partition,
        records.map(({ offset, timestampMs, value }) => ({
          letter: offset,
          appendMs: timestampMs,
          value,
        })),
      );
    }
    this.delivery?.tick(time.nowMs);
  }

  private carryOut(generation: number, action: DeliveryAction): void {
    switch (action.kind) {
      case 'read-coverage': {
        const { shard, partitions } = action;
        return this.ask<Answer<ShardCoverage>>(
          generation,
          () => this.answers.coverage(shard, this.epoch, partitions),
          (answer) => this.delivery?.onCoverage(shard, this.heard(answer)),
        );
      }
      case 'read-letters':
        return this.ask(
          generation,
          () => this.read(action.places),
          (values) => this.delivery?.onRead(action.shard, values),
        );
      case 'flush':
        return this.ask<FlushOutcome>(
          generation,
          () => this.answers.flush(action.shard, action.request),
          (outcome) => this.delivery?.onFlushed(action.shard, outcome ?? { kind: 'retry' }),
        );
      case 'drop':
        return this.ask(
          generation,
          () => this.drop(action.partition, action.before),
          (isDone) => {
            if (isDone === true) this.delivery?.onDropped(action.partition, action.before);
          },
        );
      case 'delivered':
        return this.world.tell(
          `${this.name} has delivered ${action.letters} letters to shard ${action.shard}`,
        );
      case 'miss-version':
        return;
      case 'miss-catalog':
        return this.catalog.await(() => undefined);
      case 'unreadable':
        this.unreadable += 1;
        return this.world.tell(`${this.name} cannot read a letter: ${action.reason}`);
    }
  }

  private heard(answer: Answer<ShardCoverage> | undefined): Answer<ShardCoverage> {
    if (answer?.kind !== 'answer') return answer ?? { kind: 'none' };
    return this.world.faults.deliversWhole ? { ...answer, value: new Map() } : answer;
  }

  private drop(partition: number, before: bigint): true | undefined {
    const { letters } = this.world;
    if (letters.bounds() === undefined) return undefined;
    letters.shorten(partition, before);
    return true;
  }

  private read(places: readonly LetterPlace[]): (Buffer | null | undefined)[] | undefined {
    const { letters } = this.world;
    if (letters.bounds() === undefined) return undefined;
    return places.map(({ partition, letter }) => {
      const [record] = letters.fetch(partition, letter, 1)?.records ?? [];
      return record?.offset === letter ? record.value : undefined;
    });
  }

  private ask<T>(
    generation: number,
    question: () => T | undefined,
    hear: (answer: T | undefined) => void,
  ): void {
    ask(
      this.world,
      DEADLINE_MS,
      question,
      this.process.receiver((answer: T | undefined) => {
        if (generation === this.generation) hear(answer);
      }),
    );
  }
}
