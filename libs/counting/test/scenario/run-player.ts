import { DEFAULT_EVENT_TYPE, type StandingRange } from '@tally/contracts';
import { ShardMap } from '@tally/placement';
import { CatalogHistory } from '../../src/catalog/catalog-history.js';
import { UnknownMeanings } from '../../src/dead-events/unknown-meanings.js';
import { CountingRun } from '../../src/run/counting-run.js';
import type { FlushOutcome, RunAction } from '../../src/run/run-action.js';
import { LogTime } from '../../src/run/log-time.js';
import { ShardRoster } from '../../src/run/shard-roster.js';
import { countedText, deadEventsText, goneText, isAllCounted, letterText } from './action-texts.js';
import { FlushText } from './flush-text.js';
import { KeptGenerations } from './kept-generations.js';
import { boundsOf, coverageOf, offsetsOf, PROJECT, Subjects } from './scenario-words.js';

const SETTINGS = {
  sketches: 0,
  shards: 2,
  'dedup window': 1000,
  'flush rows': 1000,
  'flush bytes': 8 << 20,
  'shard patience': 10_000,
  'clock skew': 0,
  'letter every': 0,
  'verify every': 60_000,
  'known version': 0,
  enriched: 0,
  keep: 0,
  'window bytes': 1 << 20,
  'keeps generations': 0,
  'schema wait': 5000,
  'maximum age': 0,
};

const TOPIC = 'events-0123456789abcdef';
const FIRST_REJOIN_MS = 1000;
const MAX_REJOIN_MS = 8000;

const OUTCOMES: Readonly<Record<string, FlushOutcome>> = {
  'has it now': { kind: 'applied' },
  'has it already': { kind: 'already_applied' },
  'has a part of it already': { kind: 'rebuild', why: 'overlap' },
  'has another shard map': { kind: 'rebuild', why: 'stale_epoch' },
  'finds it too large': { kind: 'rebuild', why: 'too_large' },
  'does not answer': { kind: 'retry' },
  'takes too long': { kind: 'retry', isSlow: true },
  'answers what nobody foresaw': { kind: 'halt', reason: 'it answers what nobody foresaw' },
};

type Event = readonly [RegExp, (...words: string[]) => void];

/** Plays the events of a scenario to a counting run; each answers with what the run said. */
export class RunPlayer {
  private readonly settings = { ...SETTINGS };
  private said: string[] = [];
  private plain: PlainRecords | undefined;
  private nowMs = 0;
  private run: CountingRun | undefined;
  /** Outlives the runs. */
  private roster: ShardRoster | undefined;
  private logTime: LogTime | undefined;
  private unknownMeanings: UnknownMeanings | undefined;
  /** Which database answers for a shard, when a scenario says that it is another one. */
  private readonly identities = new Map<number, string>();
  /** What the processor has read of it. */
  private readonly catalog = new CatalogHistory();
  /** What counting an event runs into, when a scenario says so. */
  private bug: string | undefined;
  private shardMap = ShardMap.even(SETTINGS.shards);
  private subjects = new Subjects(this.shardMap);
  private flushes = new FlushText(this.subjects);
  /** What a run is told that stands in dead letters, when it asks at its beginning. */
  private readonly standing = new Map<number, StandingRange[]>();
  private asksForLetters = false;
  private readonly generations = new KeptGenerations(TOPIC);
  /** Shards that a question about coverage, or a flush, is open with. */
  private readonly asked = new Set<number>();
  /** By shard: the flush that was sent last. */
  private readonly sent = new Map<number, number>();

  private readonly events: readonly Event[] = [
    [/^set ([a-z ]+) (\d+)$/, (name = '', value) => this.set(name, Number(value))],
    [/^processor is assigned (.+)$/, (partitions = '') => this.begin(partitions)],
    [/^time is (\d+)$/, (ms) => this.tick(Number(ms))],
    [
      /^shard (\d+) covers ([^|]+?)(?: \| given up ([^|]+?))?(?: \| first letters (.+))?$/,
      (shard, coverage = '', losses = 'nothing', letters = 'nothing') => {
        const value = coverageOf(coverage);
        const firstLetters = new Map(
          [...coverageOf(letters)].map(([partition, set]) => [partition, set.end - 1n]),
        );
        this.onCoverage(Number(shard), {
          kind: 'answer',
          value,
          losses: coverageOf(losses),
          firstLetters,
          ...this.identityOf(shard),
        });
      },
    ],
    [
      /^shard (\d+) is database (\w+) now$/,
      (shard, name = '') => void this.identities.set(Number(shard), name),
    ],
    [/^shard (\d+) (.+)$/, (shard, answer = '') => this.onShard(Number(shard), answer)],
    [/^log has (.+)$/, (bounds = '') => this.running.onBounds(boundsOf(bounds))],
    [
      /^letter (\d+) of partition (\d+) has (.+) for shard (\d+)$/,
      (letter = '', partition, offsets = '', shard) => {
        const range = { shard: Number(shard), ...offsetsOf(offsets), lastLetter: BigInt(letter) };
        const known = this.standing.get(Number(partition)) ?? [];
        this.standing.set(Number(partition), [...known, range]);
      },
    ],
    [
      /^letter of partition (\d+) is number (\d+)$/,
      (partition, letter = '') => this.running.onLetterAppended(Number(partition), BigInt(letter)),
    ],
    [
      /^letter of partition (\d+) is refused$/,
      (partition) => this.running.onLetterAppended(Number(partition), undefined),
    ],
    [
      /^dead events (\d+) are (written|refused)$/,
      (number, what) => this.running.onDeadEventsAppended(Number(number), what === 'written'),
    ],
    [/^log does not answer$/, () => this.running.onBounds(undefined)],
    [
      /^log says partition (\d+) was at offset (\d+) then$/,
      (partition, offset = '') => this.running.onOffsetAt(Number(partition), BigInt(offset)),
    ],
    [
      /^log does not say where partition (\d+) was then$/,
      (partition) => this.running.onOffsetAt(Number(partition), undefined),
    ],
    [
      /^files of partition (\d+) have (no such generation|\d+\.\.\d+)$/,
      (partition = '', offsets = '') =>
        this.running.onGeneration(Number(partition), this.generations.find(partition, offsets)),
    ],
    [
      /^processor reads (\d+): (.+)$/,
      (partition, records = '') => {
        const read = this.subjects.recordsOf(Number(partition), records);
        this.running.onRecords(Number(partition), read);
      },
    ],
    [
      /^log skips from (\d+) to (\d+) in partition (\d+)$/,
      (expected = '', got = '', partition) =>
        this.running.onSkipped(Number(partition), BigInt(expected), BigInt(got)),
    ],
    [
      /^log cannot read offset (\d+) of partition (\d+)$/,
      (offset = '', partition) => this.running.onDamaged(Number(partition), BigInt(offset)),
    ],
    [
      /^version of partition (\d+) is (there|nowhere)$/,
      (partition, where) => {
        if (where === 'there') this.settings['known version'] = Number.MAX_SAFE_INTEGER;
        this.running.onMeaning(Number(partition), where === 'there');
      },
    ],
    [
      /^catalogue says (?:owner (\w+) of|nothing of) (\w+)$/,
      (owner, name = '') => {
        const subject = this.subjects.subjectOf(name);
        const fields = owner === undefined ? undefined : { owner };
        this.catalog.apply({ kind: 'change', project: PROJECT, subject, fields });
      },
    ],
    [
      /^position of partition (\d+) is (there|nowhere)$/,
      (partition, where) => this.running.onMeaning(Number(partition), where === 'there'),
    ],
    [
      /^processor is asked how many shards are silent$/,
      () => void this.said.push(`${this.running.silentShards} of ${this.settings.shards}`),
    ],
    [/^processor stops$/, () => this.running.end()],
    [/^counting has a bug: (.+)$/, (bug) => void (this.bug = bug)],
  ];

  /** What the run says to this event. Throws when the scenario says what cannot be. */
  play(event: string): string[] {
    this.said = [];
    this.plain = undefined;
    for (const [pattern, happen] of this.events) {
      const words = pattern.exec(event);
      if (words === null) continue;
      try {
        happen(...words.slice(1));
      } catch (error) {
        // A bug of the run ends the process.
        if (this.bug === undefined) throw error;
        this.said.push(`crashes: ${error instanceof Error ? error.message : String(error)}`);
      }
      return this.said;
    }
    throw new Error(`no scenario knows this event: ${event}`);
  }

  private get running(): CountingRun {
    if (this.run === undefined) throw new Error('the processor is not assigned anything yet');
    return this.run;
  }

  private set(name: string, value: number): void {
    if (!Object.hasOwn(this.settings, name)) throw new Error(`no such setting: ${name}`);
    Object.assign(this.settings, { [name]: value });
    if (name !== 'shards') return;
    this.shardMap = ShardMap.even(value);
    this.subjects = new Subjects(this.shardMap);
    this.flushes = new FlushText(this.subjects);
  }

  /** A new run, as after each rebuild; the log and the shards stay as they are. */
  private begin(partitions: string): void {
    this.asked.clear();
    this.unknownMeanings ??= new UnknownMeanings(this.settings['schema wait']);
    this.logTime ??= new LogTime(this.settings['clock skew']);
    this.roster ??= new ShardRoster({
      flushBytes: this.settings['flush bytes'],
      firstRejoinMs: FIRST_REJOIN_MS,
      maxRejoinMs: MAX_REJOIN_MS,
    });
    this.run = new CountingRun({
      topic: {
        name: TOPIC,
        partitions: 16,
        dedupWindowMs: this.settings['dedup window'],
      },
      partitions: partitions.split(', ').map(Number),
      shardMap: this.shardMap,
      roster: this.roster,
      definition: () => this.definition,
      knowsVersion: (version) => version <= this.settings['known version'],
      unknownMeanings: this.unknownMeanings,
      catalog: this.catalog,
      flushRows: this.settings['flush rows'],
      shardPatienceMs: this.settings['shard patience'],
      logTime: this.logTime,
      letterIntervalMs: this.settings['letter every'],
      verifyIntervalMs: this.settings['verify every'],
      logKeepMs: this.settings.keep,
      maxSeries: 1000,
      maxWindowBytes: this.settings['window bytes'],
      keepsGenerations: this.settings['keeps generations'] === 1,
      startedAtMs: this.nowMs,
      emit: (action) => this.hear(action),
    });
    this.tick(this.nowMs);
  }

  /** Who asks for the maximum age runs into the bug, if there is one. */
  private get definition() {
    const bug = () => this.bug;
    const maximumAge = this.settings['maximum age'];
    const isSketched = this.settings.sketches > 0;
    return {
      ...DEFAULT_EVENT_TYPE,
      enriched: this.settings.enriched > 0 ? ['owner'] : [],
      uniques: isSketched ? ['user'] : [],
      quantiles: isSketched,
      get maxAgeMs() {
        const found = bug();
        if (found !== undefined) throw new Error(found);
        return maximumAge > 0 ? maximumAge : DEFAULT_EVENT_TYPE.maxAgeMs;
      },
    };
  }

  private tick(nowMs: number): void {
    this.nowMs = nowMs;
    this.running.tick(nowMs);
    if (!this.asksForLetters) return;
    this.asksForLetters = false;
    this.running.onLetters(this.standing);
  }

  private onCoverage(shard: number, answer: Parameters<CountingRun['onCoverage']>[1]): void {
    if (!this.asked.delete(shard)) throw new Error(`shard ${shard} was not asked what it covers`);
    this.running.onCoverage(shard, answer);
  }

  /** An open question about coverage is answered before a flush is. */
  private onShard(shard: number, answer: string): void {
    const outcome = OUTCOMES[answer];
    if (outcome === undefined) throw new Error(`no shard answers so: ${answer}`);
    const { kind } = outcome;
    if (!this.asked.has(shard))
      this.running.onFlushed(
        shard,
        this.sent.get(shard) ?? 0,
        kind === 'applied' || kind === 'already_applied'
          ? { kind, ...this.identityOf(String(shard)) }
          : outcome,
      );
    else if (kind === 'retry') this.onCoverage(shard, { kind: 'none' });
    else if (kind === 'rebuild' && outcome.why === 'stale_epoch')
      this.onCoverage(shard, { kind: 'stale_epoch' });
    else throw new Error(`shard ${shard} was asked what it covers, not: ${answer}`);
  }

  private identityOf(shard = ''): { readonly identity?: string } {
    const identity = this.identities.get(Number(shard));
    return identity === undefined ? {} : { identity };
  }

  private hear(action: RunAction): void {
    if (action.kind === 'read-coverage') this.asked.add(action.shard);
    if (action.kind === 'flush') this.sent.set(action.shard, action.number);
    if (action.kind === 'read-letters') {
      this.asksForLetters = true;
      return;
    }
    const counted = action.kind === 'counted' && isAllCounted(action) ? action : undefined;
    const text = this.textOf(action);
    // Records that follow each other without anything to remark are one line.
    if (counted !== undefined && this.plain?.partition === counted.partition) {
      this.plain = { ...this.plain, last: counted.offset };
      this.said.splice(-1, 1, plainText(this.plain));
      return;
    }
    this.plain =
      counted === undefined
        ? undefined
        : { partition: counted.partition, first: counted.offset, last: counted.offset };
    this.said.push(this.plain === undefined ? text : plainText(this.plain));
  }

  private textOf(action: RunAction): string {
    switch (action.kind) {
      case 'read-coverage':
        return `asks shard ${action.shard} what it covers${action.afterLetters ? ', after the dead letters' : ''}`;
      case 'read-letters':
        throw new Error('it is answered without being told');
      case 'append-letter':
        return letterText(action);
      case 'append-dead-events':
        return deadEventsText(action);
      case 'ask-bounds':
        return 'asks the log where it begins and ends';
      case 'ask-offset-at':
        return `asks the log where partition ${action.partition} was at ${action.timestampMs}`;
      case 'shorten':
        return `lets ${goneText(action)} of partition ${action.partition} go`;
      case 'read-from':
        return `reads partition ${action.partition} from ${action.offset}`;
      case 'read-generation':
        return `looks in files of partition ${action.partition} for what its window was told from ${action.from} on, below ${action.to}`;
      case 'write-generation':
        return `keeps what the window of partition ${this.generations.keep(action)} was told`;
      case 'await-version':
        return `${action.isGivenUp ? 'looks' : 'waits'} in partition ${action.partition} for version ${action.registryVersion} of the event types`;
      case 'await-catalog':
        return `${action.isGivenUp ? 'looks' : 'waits'} in partition ${action.partition} for position ${action.position} of the catalogue`;
      case 'await-schema':
        return `ALARM: waits in partition ${action.partition} for a version that knows schema ${action.schemaId}`;
      case 'await-memory':
        return `ALARM: waits in partition ${action.partition} for memory`;
      case 'pause':
        return 'stops reading for a while';
      case 'resume':
        return 'goes on reading';
      case 'flush':
        return this.flushes.of(action);
      case 'begun':
        return `counts ${action.partitions} partitions`;
      case 'counted':
        return countedText(action);
      case 'absent':
        return `ALARM: goes on without shard ${action.shard}: ${action.reason}`;
      case 'present':
        return `counts for shard ${action.shard} again`;
      case 'halt':
        return `ALARM: partition ${action.partition} is halted: ${action.reason}`;
      case 'rebuild':
        return `begins again: ${action.reason}`;
    }
  }
}

/** Records of which every event was counted. */
interface PlainRecords {
  readonly partition: number;
  readonly first: bigint;
  readonly last: bigint;
}

function plainText({ partition, first, last }: PlainRecords): string {
  return `counts ${partition}: ${first === last ? first : `${first}..${last}`}`;
}
