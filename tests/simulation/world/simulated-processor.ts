import {
  CountingRun,
  LogTime,
  readBlock,
  ShardRoster,
  UnknownMeanings,
  type Answer,
  type FlushOutcome,
  type RunAction,
  type ShardCoverage,
} from '@tally/counting';
import { ask } from './network.js';
import type { ProcessorWorld } from './processor-world.js';
import { MAX_SKEW_MS, SimulatedClock } from './simulated-clock.js';
import * as times from './processor-times.js';
import { ShardAnswers } from './shard-answers.js';
import { meaningAt } from './event-meaning.js';
import { CatalogReader } from './simulated-catalog.js';
import { boundsNow, offsetAt } from './log-questions.js';
import { heardAfter, ProcessorLetters } from './processor-letters.js';
import { SimulatedDisk } from './simulated-disk.js';
import { SimulatedProcess } from './simulated-process.js';

/** A processor with the real counting run; log, shards, time and the group are the simulation's. */
export class SimulatedProcessor {
  readonly process: SimulatedProcess;
  readonly disk: SimulatedDisk;
  private readonly answers: ShardAnswers;
  private readonly letters: ProcessorLetters;
  private readonly catalog: CatalogReader;
  private run: CountingRun | undefined;
  /** Grows with each run: what an older one asked, nobody hears. */
  private generation = 0;
  private groupGeneration = 0;
  private assigned: readonly number[] = [];
  private readonly positions = new Map<number, bigint>();
  /** Partitions of which records are on their way to the run: one batch each at a time. */
  private readonly delivering = new Set<number>();
  private epoch = 0;
  private isPaused = false;
  private hasBegun = false;
  private halts = 0;
  private roster: ShardRoster;
  readonly clock: SimulatedClock;
  private logTime: LogTime;
  /** Events until counting runs into a bug; undefined: it does not. */
  private eventsToBug: number | undefined;
  private isDying = false;
  private maxWindowBytes = this.world.settings.windowBytes;

  constructor(
    private readonly name: string,
    private readonly world: ProcessorWorld,
  ) {
    this.process = new SimulatedProcess(world.time);
    this.answers = new ShardAnswers(world);
    this.letters = new ProcessorLetters(world);
    this.disk = new SimulatedDisk(world.topic, this.process, world.diskRandom, world.faults);
    this.catalog = new CatalogReader(world.catalog, this.process);
    this.roster = this.newRoster();
    this.clock = new SimulatedClock(world.time, world.faults.believesOwnClock);
    this.logTime = this.newLogTime();
  }

  get haltedPartitions(): number {
    return this.halts;
  }

  /** The group gives it these partitions, in its nth generation; it hears of it when it is awake. */
  assign(nth: number, partitions: readonly number[]): void {
    this.process.later(0, () => {
      if (nth < this.groupGeneration) return;
      this.groupGeneration = nth;
      this.assigned = partitions;
      this.begin('the group assigned partitions');
    });
  }

  /** SIGKILL. */
  kill(): void {
    this.process.end();
    this.run = undefined;
    this.assigned = [];
    this.generation += 1;
    this.roster = this.newRoster();
    this.eventsToBug = undefined;
    this.isDying = false;
    this.answers.forget();
    this.catalog.loseSome();
  }

  /** Counting will fail in the middle of a record, after so many events. */
  plantBug(afterEvents: number): void {
    this.eventsToBug = afterEvents;
  }

  /** With a clock that is right: whoever starts it has looked. */
  restart(): void {
    this.clock.begin();
    this.logTime = this.newLogTime();
    this.process.begin();
    this.catalog.begin();
  }

  private newLogTime(): LogTime {
    return new LogTime(this.world.faults.ignoresSkew ? 0 : MAX_SKEW_MS);
  }

  private newRoster(): ShardRoster {
    const { settings, faults } = this.world;
    const flushBytes = faults.neverBounds ? Number.MAX_SAFE_INTEGER : settings.flushBytes;
    return new ShardRoster({ flushBytes, ...times.REJOIN });
  }

  private countDownToBug(): void {
    if (this.eventsToBug === undefined || this.eventsToBug-- > 0) return;
    this.eventsToBug = undefined;
    this.isDying = true;
    throw new Error('a bug');
  }

  /** A bug ends the process, a little later. */
  private tellRun(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!this.isDying) throw error;
      this.world.tell(`${this.name} crashes: ${String(error)}`);
      this.crash(this.world.random.between(0, times.MAX_DYING_MS));
    }
  }

  private crash(afterMs: number): void {
    this.process.later(afterMs, () => {
      this.kill();
      this.world.onCrashed(this);
    });
  }

  private begin(reason: string): void {
    const { world } = this;
    const { topic, faults, tell } = world;
    const generation = ++this.generation;
    this.run?.end();
    this.positions.clear();
    this.delivering.clear();
    const shardMap = world.shardMap();
    this.epoch = shardMap.epoch;
    this.isPaused = false;
    this.hasBegun = false;
    this.halts = 0;
    tell(`${this.name} counts ${this.assigned.join(', ') || 'nothing'}: ${reason}`);
    const run = new CountingRun({
      topic,
      partitions: this.assigned,
      shardMap,
      roster: this.roster,
      definition: (_project, _type, version) =>
        meaningAt(
          () => (faults.usesNewestMeaning ? world.registryVersion() : version),
          world.catalog.isEnriched,
          () => this.countDownToBug(),
        ),
      knowsVersion: (version) => world.knowsVersion(version),
      unknownMeanings: new UnknownMeanings(0),
      catalog: this.catalog,
      flushRows: world.settings.flushRows,
      shardPatienceMs: faults.waitsForEver ? Number.MAX_SAFE_INTEGER : times.SHARD_PATIENCE_MS,
      logTime: this.logTime,
      letterIntervalMs: times.LETTER_INTERVAL_MS,
      verifyIntervalMs:
        faults.neverVerifies || !world.settings.verifies ? Number.MAX_SAFE_INTEGER : 3000,
      logKeepMs: faults.keepsNothing ? 1 : world.settings.logKeepMs,
      maxSeries: 50,
      maxWindowBytes: this.maxWindowBytes,
      keepsGenerations: world.settings.keepsGenerations,
      startedAtMs: this.clock.now(),
      emit: (action) => this.carryOut(generation, action),
    });
    this.run = run;
    const tick = () => {
      if (generation !== this.generation) return;
      this.tellRun(() => run.tick(this.clock.now()));
      this.process.later(times.FLUSH_INTERVAL_MS, tick);
    };
    tick();
    const fetch = () => {
      if (generation !== this.generation) return;
      if (!this.isPaused) for (const partition of this.assigned) this.fetch(generation, partition);
      this.process.later(times.FETCH_EVERY_MS, fetch);
    };
    this.process.later(times.FETCH_EVERY_MS, fetch);
  }

  /** Reads what is there and delivers it a little later, wherever the run has gone meanwhile. */
  private fetch(generation: number, partition: number): void {
    const from = this.positions.get(partition);
    if (from === undefined || this.delivering.has(partition)) return;
    const { log, settings, random } = this.world;
    const fetched = log.fetch(partition, from, settings.recordsPerFetch);
    if (fetched === undefined) return;
    const [first] = fetched.records;
    if (first !== undefined && first.offset !== from) {
      this.positions.delete(partition);
      this.run?.onSkipped(partition, from, first.offset);
      return;
    }
    const { records } = fetched;
    if (records.length === 0) return;
    this.positions.set(partition, from + BigInt(records.length));
    this.delivering.add(partition);
    this.process.later(random.between(0, times.MAX_DELIVERY_MS), () => {
      if (generation !== this.generation) return;
      this.delivering.delete(partition);
      this.tellRun(() => this.run?.onRecords(partition, records.map(readBlock)));
    });
  }

  private carryOut(generation: number, action: RunAction): void {
    switch (action.kind) {
      case 'read-coverage':
        return this.readCoverage(generation, action.shard, action.afterLetters);
      case 'read-letters':
        return this.ask(
          generation,
          () => this.letters.standing(this.assigned),
          (standing) => this.run?.onLetters(standing),
        );
      case 'append-letter':
        return this.appendLetter(generation, action);
      case 'ask-bounds':
        return this.ask(
          generation,
          () => boundsNow(this.world, this.hasBegun),
          (bounds) => this.run?.onBounds(bounds),
        );
      case 'ask-offset-at':
        return this.askOffsetAt(generation, action.partition, action.timestampMs);
      case 'shorten':
        return this.shorten(action.partition, action.before);
      case 'read-from':
        this.positions.set(action.partition, action.offset);
        return;
      case 'read-generation':
        this.positions.delete(action.partition);
        return this.disk.read(action, (found) => {
          if (generation === this.generation) this.run?.onGeneration(action.partition, found);
        });
      case 'write-generation':
        return this.disk.write(action.generation);
      case 'append-dead-events':
        return this.process.later(action.afterMs, () => this.appendDeadEvents(generation, action));
      case 'await-version':
        return this.awaitVersion(generation, action.partition, action.registryVersion);
      case 'await-schema':
        throw new Error('every schema is known here');
      case 'await-catalog':
        this.positions.delete(action.partition);
        return this.catalog.await(() => {
          if (generation === this.generation) this.run?.onMeaning(action.partition, true);
        });
      case 'await-memory':
        return this.process.later(times.RAISES_AFTER_MS, () => this.raiseWindowBytes(generation));
      case 'pause':
      case 'resume':
        this.isPaused = action.kind === 'pause';
        return;
      case 'flush':
        this.process.later(action.afterMs, () => this.flush(generation, action));
        return;
      case 'halt':
        this.halts += 1;
        this.positions.delete(action.partition);
        this.world.tell(`${this.name} halts partition ${action.partition}: ${action.reason}`);
        this.world.onHalted(action.partition);
        return;
      case 'absent':
        this.answers.miss(action.shard);
        this.world.tell(`${this.name} goes on without shard ${action.shard}: ${action.reason}`);
        return;
      case 'rebuild':
        this.world.tell(`${this.name} begins again: ${action.reason}`);
        this.process.later(20, () => {
          if (generation === this.generation) this.begin(action.reason);
        });
        return;
      case 'present':
        this.world.tell(`${this.name} counts for shard ${action.shard} again`);
        return;
      case 'begun':
        this.hasBegun = true;
        return;
      case 'counted':
    }
  }

  /** A person hears the alarm, and others may have made room meanwhile. */
  private raiseWindowBytes(generation: number): void {
    if (generation !== this.generation || this.run?.waitingPartitions === 0) return;
    this.maxWindowBytes *= 2;
    this.begin('there is more memory for dedup windows');
  }

  private shorten(partition: number, before: bigint): void {
    const { network, letGo, faults, tell } = this.world;
    const to = faults.keepsNoRecordBelow ? before + 1n : before;
    tell(`${this.name} lets partition ${partition} go below ${to}`);
    network.send(() => letGo(partition, to));
  }

  private readCoverage(generation: number, shard: number, afterLetters: boolean): void {
    const { epoch } = this;
    const looks = afterLetters && !this.world.faults.trustsLetters;
    const firstLetters = looks ? this.letters.first() : new Map<number, bigint>();
    this.ask<Answer<ShardCoverage>>(
      generation,
      () => this.answers.coverage(shard, epoch, this.assigned),
      (answer) => this.run?.onCoverage(shard, heardAfter(firstLetters, answer)),
    );
  }

  private appendLetter(
    generation: number,
    { partition, letter }: Extract<RunAction, { kind: 'append-letter' }>,
  ): void {
    const hear = this.process.receiver((offset: bigint | undefined) => {
      if (generation === this.generation)
        this.tellRun(() => this.run?.onLetterAppended(partition, offset));
    });
    this.letters.append(partition, letter, hear);
  }

  private askOffsetAt(generation: number, partition: number, timestampMs: number): void {
    const { dedupWindowMs } = this.world.topic;
    this.ask(
      generation,
      () => offsetAt(this.world, partition, timestampMs, dedupWindowMs),
      (offset) => this.run?.onOffsetAt(partition, offset),
    );
  }

  private appendDeadEvents(
    generation: number,
    { number, records }: Extract<RunAction, { kind: 'append-dead-events' }>,
  ): void {
    const hear = this.process.receiver((isTaken: boolean) => {
      if (generation === this.generation)
        this.tellRun(() => this.run?.onDeadEventsAppended(number, isTaken));
    });
    const { coversAtOnce } = this.world.faults;
    this.letters.appendDead(records, coversAtOnce ? () => undefined : hear);
    if (coversAtOnce) this.process.later(1, () => hear(true));
  }

  /** Nothing of the partition is read meanwhile. */
  private awaitVersion(generation: number, partition: number, version: number): void {
    this.positions.delete(partition);
    this.process.later(times.VERSION_WAIT_MS, () => {
      if (generation === this.generation)
        this.tellRun(() => this.run?.onMeaning(partition, this.world.knowsVersion(version)));
    });
  }

  private flush(
    generation: number,
    { shard, number, request }: Extract<RunAction, { kind: 'flush' }>,
  ): void {
    const { faults } = this.world;
    this.ask<FlushOutcome>(
      generation,
      () => this.answers.flush(shard, request),
      (outcome) => {
        const silence: FlushOutcome = { kind: faults.trustsSilence ? 'applied' : 'retry' };
        if (outcome?.kind === 'halt' && faults.crashesOnOddAnswer) return this.crash(0);
        this.run?.onFlushed(shard, number, outcome ?? silence);
      },
    );
  }

  private ask<T>(
    generation: number,
    question: () => T | undefined,
    hear: (answer: T | undefined) => void,
  ): void {
    ask(
      this.world,
      times.DEADLINE_MS,
      question,
      this.process.receiver((answer: T | undefined) => {
        if (generation === this.generation) this.tellRun(() => hear(answer));
      }),
    );
  }
}
