import { seriesId, ShardMap, slotOf, type EventsTopic } from '@tally/placement';
import { Random } from '../failure/traffic/random.js';
import { allProtections, type Protections } from './controls.js';
import { expectedSketches } from './expected-sketches.js';
import { storyOf } from './fault-story.js';
import {
  INTAKES,
  LASTS_MS,
  MAX_RECORD_BYTES,
  PARTITIONS,
  PROCESSORS,
  SHARDS,
  historyMs,
  SMALL_FLUSH_BYTES,
  type Fault,
  type Schedule,
} from './schedule.js';
import { DeadEventDesk } from './world/dead-event-desk.js';
import { DeadLetterPost } from './world/dead-letter-post.js';
import { badWeather, CALM, Network } from './world/network.js';
import { LoggedEvents } from './world/logged-events.js';
import { Operator } from './world/operator.js';
import { inflictOnIntake, inflictOnLog, inflictOnShard } from './world/part-faults.js';
import { ProcessorGroup } from './world/processor-group.js';
import { splitsIn } from './world/event-meaning.js';
import { SimulatedCatalog } from './world/simulated-catalog.js';
import { SimulatedClients } from './world/simulated-clients.js';
import { SimulatedIntake } from './world/simulated-intake.js';
import { SimulatedLog } from './world/simulated-log.js';
import { SimulatedProcessor } from './world/simulated-processor.js';
import { SimulatedShard } from './world/simulated-shard.js';
import { VirtualTime } from './world/virtual-time.js';
import { wrongAnswer } from './world/wrong-answer.js';

const START_MS = 1_000_000;
const DEDUP_WINDOW_MS = 12_000;
/** Later, what is sent again might come when it is not recognised any more: messages are slow. */
const RESEND_WITHIN_MS = 5000;
/** Above every pause, outage and delay of a schedule: nothing of before is on its way any more. */
const TAIL_MS = 18_000;
/** Above the tail together with what is sent again after it. */
const HEALS_WITHIN_MS = 60_000;
const READ_EVERY_MS = 500;

/** One schedule, played: what happened, and what was wrong, if anything. */
export class Simulation {
  readonly story: string[] = [];
  /** What was wrong first. */
  violation: string | undefined;
  /** How many events were sent, acknowledged, and are or were in the log; how often files were used. */
  figures = { sent: 0, acknowledged: 0, inLog: 0, letGo: 0, recalled: 0 };
  private readonly time = new VirtualTime(START_MS - historyMs(this.schedule));
  private readonly random: Random;
  private readonly network: Network;
  private readonly log: SimulatedLog;
  private readonly letters: SimulatedLog;
  private readonly catalog: SimulatedCatalog;
  private readonly deadEvents: SimulatedLog;
  private readonly logged: LoggedEvents;
  private readonly shards: SimulatedShard[];
  private readonly processors: SimulatedProcessor[];
  private readonly group: ProcessorGroup;
  private readonly post: DeadLetterPost;
  private readonly desk: DeadEventDesk;
  private readonly intakes: SimulatedIntake[];
  private readonly clients: SimulatedClients;
  private readonly operator: Operator;
  private readonly topic: EventsTopic = {
    name: 'events-0123456789abcdef',
    partitions: PARTITIONS,
    dedupWindowMs: DEDUP_WINDOW_MS,
  };
  private shardMap = ShardMap.even(SHARDS);
  private registryVersion = 0;
  private healedAtMs = 0;

  constructor(
    private readonly schedule: Schedule,
    protections: Protections = allProtections(),
  ) {
    this.random = new Random(schedule.seed).part(1);
    this.network = new Network(this.time, new Random(schedule.seed).part(2));
    const syncMs = () => this.random.between(1, 60);
    this.log = new SimulatedLog(PARTITIONS, this.time, syncMs, protections);
    this.letters = new SimulatedLog(PARTITIONS, this.time, syncMs, protections);
    this.deadEvents = new SimulatedLog(PARTITIONS, this.time, syncMs, protections);
    this.catalog = new SimulatedCatalog({
      time: this.time,
      faults: protections,
      puts: schedule.puts,
      random: new Random(schedule.seed).part(9),
      tell: (line) => this.tell(line),
    });
    this.logged = new LoggedEvents(this.log, DEDUP_WINDOW_MS, this.catalog);
    this.shards = Array.from(
      { length: SHARDS },
      (_, shard) =>
        new SimulatedShard(shard, protections, (subject, count) => this.onCount(subject, count)),
    );
    this.operator = new Operator({
      time: this.time,
      log: this.log,
      shards: this.shards,
      random: new Random(schedule.seed).part(4),
      logKeepMs: schedule.settings.logKeepMs,
      tell: (line) => this.tell(line),
    });
    const { flushBytes } = schedule.settings;
    if (flushBytes === SMALL_FLUSH_BYTES)
      for (const shard of this.shards) shard.maxMessageBytes = flushBytes + MAX_RECORD_BYTES;
    const world = {
      onCrashed: (processor: SimulatedProcessor) => this.group.onCrashed(processor),
      onHalted: (partition: number) => this.onHalted(partition),
      letGo: (partition: number, before: bigint) => this.logged.letGoBefore(partition, before),
      time: this.time,
      network: this.network,
      log: this.log,
      letters: this.letters,
      deadEvents: this.deadEvents,
      knowsVersion: (version: number) => this.desk.knows(version),
      onForged: (id: string) => void this.clients.sent.add(id),
      shards: this.shards,
      topic: this.topic,
      shardMap: () => this.shardMap,
      registryVersion: () => this.registryVersion,
      catalog: this.catalog,
      faults: protections,
      settings: schedule.settings,
      random: new Random(schedule.seed).part(3),
      diskRandom: new Random(schedule.seed).part(13),
      tell: (line: string) => this.tell(line),
    };
    this.desk = new DeadEventDesk(world);
    this.processors = Array.from(
      { length: PROCESSORS },
      (_, number) => new SimulatedProcessor(`processor ${number}`, world),
    );
    this.group = new ProcessorGroup(this.processors, PARTITIONS, this.time);
    this.post = new DeadLetterPost(world);
    const intakeWorld = { ...world, catalogPosition: () => this.catalog.position };
    this.intakes = Array.from({ length: INTAKES }, () => new SimulatedIntake(intakeWorld));
    this.clients = new SimulatedClients({
      time: this.time,
      network: this.network,
      intakes: this.intakes,
      random: this.random,
      resendWithinMs: RESEND_WITHIN_MS,
    });
  }

  /** Plays the schedule, heals everything, and looks whether all is counted. */
  play(): this {
    for (const beforeMs of this.schedule.history)
      this.time.after(historyMs(this.schedule) - beforeMs, () => this.clients.send());
    this.run(START_MS);
    this.group.rebalance();
    for (const atMs of this.schedule.sends) this.time.after(atMs, () => this.clients.send());
    this.catalog.begin(this.intakes.map((intake) => (position) => intake.hearCatalog(position)));
    for (const fault of this.schedule.faults)
      this.time.after(fault.atMs, () => this.inflict(fault));
    const read = () => {
      this.checkAnswers();
      this.time.after(READ_EVERY_MS, read);
    };
    read();
    this.run(START_MS + LASTS_MS);
    this.heal();
    this.healedAtMs = this.time.nowMs;
    const end = this.time.nowMs + HEALS_WITHIN_MS;
    this.run(this.time.nowMs + TAIL_MS);
    this.mendLast();
    for (let until = this.time.nowMs; until < end && !this.isComplete();)
      this.run((until += READ_EVERY_MS));
    this.checkEnd();
    return this;
  }

  private run(untilMs: number): void {
    while (this.violation === undefined && this.time.step(untilMs));
  }

  private inflict(fault: Fault): void {
    const { time } = this;
    this.tell(storyOf(fault));
    switch (fault.kind) {
      case 'log-crash':
      case 'log-clock':
      case 'log-clock-step': {
        const { log, letters, deadEvents } = this;
        return inflictOnLog(fault, time, log, [log, letters, deadEvents]);
      }
      case 'letters-refused':
      case 'replayer-crash':
      case 'replayer-pause':
        return this.post.inflict(fault);
      case 'dead-events-refused':
      case 'forged-record':
      case 'version-comes':
        return this.desk.inflict(fault);
      case 'processor-crash': {
        const processor = this.processors[fault.processor];
        processor?.kill();
        return this.group.onCrashed(processor, fault.forMs);
      }
      case 'counting-bug':
        return this.processors[fault.processor]?.plantBug(fault.afterEvents);
      case 'files-spoiled': {
        const [own, other] = [fault.processor, 1 - fault.processor].map(
          (one) => this.processors[one],
        );
        return own?.disk.spoil(fault.whim, other?.disk);
      }
      case 'processor-pause':
        this.processors[fault.processor]?.process.pause(fault.forMs);
        return this.group.onPaused(fault.processor, fault.forMs);
      case 'processor-clock':
        return this.processors[fault.processor]?.clock.set(fault.byMs);
      case 'intake-crash':
      case 'intake-pause':
      case 'intake-clock':
        return inflictOnIntake(fault, time, this.intakes[fault.intake]);
      case 'event-types':
        this.registryVersion += 1;
        for (const intake of this.intakes)
          time.after(this.random.between(0, 300), () => intake.hear(this.registryVersion));
        return;
      case 'shard-away':
      case 'shard-saved':
      case 'shard-restored':
      case 'shard-promoted':
      case 'shard-odd':
      case 'shard-narrow':
        return inflictOnShard(fault, time, this.shards[fault.shard], this.operator);
      case 'shard-map':
        return this.changeShardMap();
      case 'log-shortened':
        return this.logged.shorten(fault.partition, fault.keeps);
      case 'rebalance':
        return this.group.rebalance();
      case 'bad-weather':
        this.network.weather = badWeather(fault.percent);
        return time.after(fault.forMs, () => void (this.network.weather = CALM));
    }
  }

  /** Nothing that processors let go is missed by anybody; what a person deletes is. */
  private onHalted(partition: number): void {
    const { history, faults } = this.schedule;
    if (history.length > 0 && faults.every(({ kind }) => kind !== 'log-shortened'))
      this.violate(`partition ${partition} is halted, and nobody deleted records`);
    this.operator.look(partition);
  }

  /** It may count again when it comes again, or not at all: a person accepted that. */
  private isGivenUp(id: string): boolean {
    const partition = this.logged.deletedIn(id);
    return partition !== undefined && this.operator.gaveUp(partition);
  }

  private changeShardMap(): void {
    const epoch = this.shardMap.epoch + 1;
    this.shardMap = ShardMap.parse({ ...this.shardMap.document, epoch });
    // Shards and processors hear of it at different times.
    for (const shard of this.shards)
      this.time.after(this.random.between(0, 300), () => void (shard.epoch = epoch));
    this.time.after(this.random.between(0, 300), () => this.group.rebalance());
  }

  private heal(): void {
    this.tell('everything is mended');
    this.network.weather = CALM;
    this.log.restart();
    this.post.mend();
    this.desk.mend();
    for (const shard of this.shards) {
      shard.mend();
      shard.epoch = this.shardMap.epoch;
    }
    const { lastly } = this.schedule;
    const last = this.shards[lastly?.shard ?? -1];
    if (last !== undefined && lastly !== undefined) {
      this.tell(
        `shard ${last.shard} ${lastly.is === 'away' ? 'does not answer' : 'answers oddly'}`,
      );
      last.isUp = lastly.is !== 'away';
      last.isOdd = lastly.is === 'odd';
      this.group.rebalance();
    }
    const gone = this.processors.filter(({ process }) => !process.isUp);
    for (const processor of gone) processor.restart();
    // Without a reason nobody begins anew: what was lost must be found by those who go on.
    if (gone.length > 0) this.group.rebalance();
  }

  /** All that is of other shards must be counted by now; then it is mended too. */
  private mendLast(): void {
    const { lastly } = this.schedule;
    const last = this.shards[lastly?.shard ?? -1];
    if (last === undefined) return;
    for (const [id, { isPoison }] of this.logged.now())
      if (!isPoison && this.shardOf(id) !== last.shard && this.countOf(id) !== 1n)
        this.violate(`event ${id} is not counted while another shard is away`);
    this.tell(`shard ${last.shard} is mended too`);
    last.mend();
  }

  private isComplete(): boolean {
    const counts = this.shards.map((shard) => shard.read(PARTITIONS).counts);
    const splits = counts.map(splitsIn);
    for (const [id, { split }] of this.logged.now()) {
      const shard = this.shardOf(id);
      const isCounted = counts[shard]?.get(id) === 1n && splits[shard]?.get(id) === split;
      if (!isCounted && !this.isGivenUp(id)) return false;
    }
    return (
      this.post.waiting === 0 &&
      this.shardBehind() === undefined &&
      this.processors.every(({ haltedPartitions }) => haltedPartitions === 0)
    );
  }

  /** One that does not say that it is complete to when all was mended. */
  private shardBehind(): SimulatedShard | undefined {
    return this.shards.find((one) => (one.read(PARTITIONS).asOfMs ?? 0) < this.healedAtMs);
  }

  private countOf(id: string): bigint {
    return this.shards[this.shardOf(id)]?.countOf(id) ?? 0n;
  }

  private shardOf(id: string): number {
    return this.shardMap.shardOf(slotOf(seriesId('default', 'view', id)));
  }

  private onCount(series: string, count: bigint): void {
    const [id = ''] = series.split('{');
    if (count > 1n && !this.isGivenUp(id))
      this.violate(`event ${series} is counted ${count} times`);
    if (!this.clients.sent.has(id)) this.violate(`event ${series} was never sent`);
  }

  private checkAnswers(): void {
    const truth = {
      partitions: PARTITIONS,
      nowMs: this.time.nowMs,
      startMs: START_MS,
      events: this.logged.now(),
      isDue: (shard: number, id: string) => this.shardOf(id) === shard && !this.isGivenUp(id),
    };
    for (const shard of this.shards) {
      const wrong = wrongAnswer(shard, truth);
      if (wrong !== undefined) return this.violate(wrong);
    }
  }

  private checkEnd(): void {
    const events = this.logged.now();
    this.figures = {
      sent: this.clients.sent.size,
      acknowledged: this.clients.acknowledged.size,
      inLog: new Set([...events.keys(), ...this.logged.gone()]).size,
      letGo: this.logged.lettings,
      recalled: this.processors.reduce((sum, { disk }) => sum + disk.recalled, 0),
    };
    if (this.violation !== undefined) return;
    for (const id of this.clients.acknowledged)
      if (!events.has(id) && this.logged.deletedIn(id) === undefined)
        return this.violate(`event ${id} was acknowledged and is not in the log`);
    const sketches = this.shards.map((shard) => shard.sketches);
    const splits = this.shards.map((shard) => splitsIn(shard.read(PARTITIONS).counts));
    for (const [id, { split, isSketched }] of events) {
      if (this.isGivenUp(id)) continue;
      for (const [name, expected] of expectedSketches(id, split))
        if (sketches[this.shardOf(id)]?.get(name) !== (isSketched ? expected : undefined))
          return this.violate(`event ${id} is not once in its sketches, or in one that is not its`);
      if (this.countOf(id) !== 1n)
        return this.violate(`event ${id} is in the log and counted ${this.countOf(id)} times`);
      if (splits[this.shardOf(id)]?.get(id) !== split)
        return this.violate(`event ${id} is counted by another meaning than that of its block`);
    }
    const behind = this.shardBehind();
    if (behind !== undefined)
      return this.violate(`shard ${behind.shard} does not say that it is complete to the end`);
    if (this.post.waiting > 0)
      return this.violate(`${this.post.waiting} dead letters are not delivered`);
    for (const { haltedPartitions } of this.processors)
      if (haltedPartitions > 0) return this.violate('a partition is halted');
  }

  private violate(what: string): void {
    this.violation ??= what;
    this.tell(`WRONG: ${what}`);
  }

  private tell(line: string): void {
    this.story.push(`${String(this.time.nowMs - START_MS).padStart(6)} ${line}`);
  }
}
