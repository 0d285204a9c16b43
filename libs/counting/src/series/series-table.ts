import { areNames, OTHER_VALUE, type Event, type EventTypeDefinition } from '@tally/contracts';
import { seriesId, slotOf, type Dimensions, type ShardMap } from '@tally/placement';
import { SeriesEntries } from './series-entries.js';
import {
  hashOfNames,
  placeNames,
  readNames,
  type Names,
  type SeriesPlaces,
} from './series-places.js';

/** No series has this number. */
export const NO_SERIES = -1;

const FIRST_BUCKETS = 64;
/** A bucket is free. */
const FREE = -1;

/** Something that names series by their numbers. */
export interface SeriesUser {
  /** The series got other numbers. @param numbers By number so far. */
  renumber(numbers: Int32Array): void;
}

/** What is known of a type of events. */
export interface SeriesType {
  readonly project: string;
  readonly type: string;
  /** What it meant last, and in which version of the registry. */
  definition: EventTypeDefinition | undefined;
  registryVersion: number;
}

/** Names of dimensions with their values. */
export type DimensionValues = readonly (readonly [
  string,
  Event['attributes'][string] | undefined,
])[];

/** A dimension may be called `constructor`, which every object has without having got it. */
export function valueOf<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/**
 * What is kept of each series, by its number: words side by side, so that an event that counts for it
 * meets one line of the processor's cache.
 */
const WORDS = 8;
/** Of its names; of a split series nothing. */
const HASH = 0;
/** Where its entry begins. */
const ENTRY = 1;
const SHARD = 2;
const TYPE = 3;
/** The user that used it last. */
const USER = 4;
/** What that user keeps of it. */
const KEPT = 5;
const IS_TOLD = 6;
/** One of the kinds below. */
const KIND = 7;
const WHOLE = 0;
const SPLIT = 1;
/** A split one that its shard refused: its subject has too many of them. */
const REFUSED = 2;

/**
 * The series that events count for, as numbers from 0. One is found by the bytes of its names where they
 * lie in an event: nothing is decoded for a known one. About 100 bytes each.
 *
 * When there are too many, those are forgotten that nobody used for longest, and the others get new
 * numbers: a number is good until the next series is added, or for a user that hears of it.
 */
export class SeriesTable {
  private count = 0;
  private limit: number;
  private buckets = new Int32Array(FIRST_BUCKETS).fill(FREE);
  /** The upper bits of a hash choose the bucket. */
  private shift = Math.clz32(FIRST_BUCKETS - 1);
  private words = new Int32Array((FIRST_BUCKETS / 2) * WORDS);
  private entries = new SeriesEntries();
  private types: SeriesType[] = [];
  private typeNumbers = new Map<string, number>();
  /** By names of the subject, names of dimensions and their values. */
  private splits = new Map<string, number>();
  private readonly users = new Map<number, SeriesUser>();
  private lastUser = 0;

  /** @param maxSeries Most that are remembered, as long as not more are in use. */
  constructor(
    private readonly shardMap: ShardMap,
    private readonly maxSeries: number,
  ) {
    this.limit = maxSeries;
  }

  /** How many are remembered. */
  get size(): number {
    return this.count;
  }

  /** The series of all events of a subject whose names lie there; NO_SERIES when it is not remembered. */
  find(bytes: Buffer, places: SeriesPlaces, hash = hashOfNames(bytes, places)): number {
    const { buckets, words, entries } = this;
    const mask = buckets.length - 1;
    for (let bucket = hash >>> this.shift; ; bucket = (bucket + 1) & mask) {
      const series = buckets[bucket] ?? FREE;
      if (series === FREE) return NO_SERIES;
      const at = series * WORDS;
      if (
        words[at + HASH] === hash &&
        entries.isNamed((words[at + ENTRY] ?? 0) >>> 0, bytes, places)
      )
        return series;
    }
  }

  /**
   * The series of all events of a subject whose names lie there. One that is not remembered is added
   * if they are names of ASCII, as most are; NO_SERIES for any other, which has to be decoded.
   */
  named(bytes: Buffer, places: SeriesPlaces): number {
    const hash = hashOfNames(bytes, places);
    const known = this.find(bytes, places, hash);
    if (known !== NO_SERIES) return known;
    const names = readNames(bytes, places);
    return names === undefined ? NO_SERIES : this.addAll(hash, names);
  }

  /** The series of all events of a subject; NO_SERIES when no project or no type has such a name. */
  all(names: Names): number {
    const { bytes, places } = placeNames(names.project, names.type, names.subject);
    const hash = hashOfNames(bytes, places);
    const known = this.find(bytes, places, hash);
    return known === NO_SERIES ? this.addAll(hash, names) : known;
  }

  /**
   * The series of an event's values of these dimensions, or the one of all others where that was refused.
   * Its project and type are names.
   */
  split(event: Event, names: readonly string[]): number {
    const { attributes } = event;
    return this.splitBy(
      event,
      names.map((name) => [name, valueOf(attributes, name)] as const),
    );
  }

  /** As `split`, of these values of dimensions, ascending by name. Its project and type are names. */
  splitBy({ project, type, subject }: Names, dimensions: DimensionValues): number {
    const key = keyOf({ project, type, subject }, dimensions);
    const known = this.splits.get(key);
    if (known === undefined) return this.addSplit({ project, type, subject }, dimensions, key);
    return this.words[known * WORDS + KIND] === REFUSED
      ? this.other({ project, type, subject }, dimensions)
      : known;
  }

  /** Its shard has too many of its subject: what counts for it from now on goes to the one of all others. */
  refuse(series: number): void {
    this.words[series * WORDS + KIND] = REFUSED;
  }

  isSplit(series: number): boolean {
    return this.words[series * WORDS + KIND] !== WHOLE;
  }

  shardOf(series: number): number {
    return this.words[series * WORDS + SHARD] ?? 0;
  }

  typeOf(series: number): SeriesType {
    const type = this.types[this.words[series * WORDS + TYPE] ?? 0];
    if (type === undefined) throw new RangeError(`expected a series, got ${series}`);
    return type;
  }

  /** Its id and names, as `encodeSeriesNames` writes them; the bytes may move when a series is added. */
  entry(series: number): Buffer {
    return this.entries.read(this.entryAt(series));
  }

  /** Bytes of its entry. */
  entryLength(series: number): number {
    return this.entries.lengthAt(this.entryAt(series));
  }

  /** Copies its entry, or the first `length` bytes of it, and returns the position behind. */
  writeEntry(series: number, into: Buffer, at: number, length = this.entryLength(series)): number {
    return this.entries.write(this.entryAt(series), into, at, length);
  }

  /** Whether the shard of the series has its names for sure. */
  isTold(series: number): boolean {
    return this.words[series * WORDS + IS_TOLD] !== 0;
  }

  tell(series: number): void {
    this.words[series * WORDS + IS_TOLD] = 1;
  }

  /** What it uses is remembered until it leaves. Returns its number. */
  join(user: SeriesUser): number {
    this.lastUser += 2;
    this.users.set(this.lastUser, user);
    return this.lastUser;
  }

  leave(user: number): void {
    this.users.delete(user);
  }

  /** False when this user has used the series already, and nobody else since. */
  use(series: number, user: number): boolean {
    const { words } = this;
    const at = series * WORDS + USER;
    if (words[at] === user) return false;
    words[at] = user;
    return true;
  }

  /** What the user that used it last has it keep. */
  kept(series: number): number {
    return this.words[series * WORDS + KEPT] ?? 0;
  }

  /** Until another uses it. */
  keep(series: number, kept: number): void {
    this.words[series * WORDS + KEPT] = kept;
  }

  private other(subject: Names, of: DimensionValues): number {
    const dimensions = of.map(([name]) => [name, OTHER_VALUE] as const);
    const key = keyOf(subject, dimensions);
    return this.splits.get(key) ?? this.addSplit(subject, dimensions, key);
  }

  private addSplit(subject: Names, dimensions: Dimensions, key: string): number {
    const series = this.add(subject, dimensions, JSON.stringify(Object.fromEntries(dimensions)));
    this.words[series * WORDS + KIND] = SPLIT;
    this.splits.set(key, series);
    return series;
  }

  private addAll(hash: number, names: Names): number {
    if (!areNames(names.project, names.type)) return NO_SERIES;
    const series = this.add(names, [], '');
    this.words[series * WORDS + HASH] = hash;
    this.place(series, hash);
    return series;
  }

  private entryAt(series: number): number {
    return (this.words[series * WORDS + ENTRY] ?? 0) >>> 0;
  }

  private add({ project, type, subject }: Names, dimensions: Dimensions, text: string): number {
    if (this.count >= this.limit) this.forget();
    if (this.count * WORDS === this.words.length) {
      const words = new Int32Array(this.words.length * 2);
      words.set(this.words);
      this.words = words;
      this.placeAll();
    }
    const series = this.count;
    const id = seriesId(project, type, subject, dimensions);
    const { words } = this;
    const at = series * WORDS;
    words[at + ENTRY] = this.entries.add({ id, project, type, subject, dimensions: text });
    words[at + SHARD] = this.shardMap.shardOf(slotOf(id));
    words[at + TYPE] = this.typeNumber(project, type);
    words[at + KIND] = WHOLE;
    words[at + IS_TOLD] = 0;
    // By nobody: users have even numbers. And later than all that was used before.
    words[at + USER] = this.lastUser + 1;
    this.count += 1;
    return series;
  }

  private typeNumber(project: string, type: string): number {
    const key = `${project}\0${type}`;
    const known = this.typeNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.types.length;
    this.types.push({ project, type, definition: undefined, registryVersion: -1 });
    this.typeNumbers.set(key, number);
    return number;
  }

  private place(series: number, hash: number): void {
    const { buckets } = this;
    const mask = buckets.length - 1;
    let bucket = hash >>> this.shift;
    while (buckets[bucket] !== FREE) bucket = (bucket + 1) & mask;
    buckets[bucket] = series;
  }

  private placeAll(): void {
    const { words } = this;
    const buckets = (words.length / WORDS) * 2;
    this.buckets = new Int32Array(buckets).fill(FREE);
    this.shift = Math.clz32(buckets - 1);
    for (let at = 0; at < this.count * WORDS; at += WORDS)
      if (words[at + KIND] === WHOLE) this.place(at / WORDS, words[at + HASH] ?? 0);
  }

  /** Half of them stay, or all that are in use. */
  private forget(): void {
    const { count, words, entries, types, splits } = this;
    const kept = this.usedSince();
    const numbers = new Int32Array(count).fill(NO_SERIES);
    this.words = new Int32Array(words.length);
    this.entries = new SeriesEntries();
    this.types = [];
    this.typeNumbers = new Map<string, number>();
    this.count = 0;
    for (let series = 0; series < count; series++) {
      const from = series * WORDS;
      if ((words[from + USER] ?? 0) < kept) continue;
      const at = this.count * WORDS;
      numbers[series] = this.count;
      this.words.set(words.subarray(from, from + WORDS), at);
      this.words[at + ENTRY] = this.entries.copy(entries, (words[from + ENTRY] ?? 0) >>> 0);
      const { project, type } = types[words[from + TYPE] ?? 0] ?? { project: '', type: '' };
      this.words[at + TYPE] = this.typeNumber(project, type);
      this.count += 1;
    }
    this.splits = new Map<string, number>();
    for (const [key, series] of splits) {
      const number = numbers[series] ?? NO_SERIES;
      if (number !== NO_SERIES) this.splits.set(key, number);
    }
    this.placeAll();
    this.limit = Math.max(this.maxSeries, this.count * 2);
    for (const user of this.users.values()) user.renumber(numbers);
  }

  /** The first user whose series stay. */
  private usedSince(): number {
    const used = new Int32Array(this.count);
    for (let series = 0; series < used.length; series++)
      used[series] = this.words[series * WORDS + USER] ?? 0;
    used.sort();
    const half = (used[this.count - (this.count >> 1)] ?? 0) + 1;
    const [oldest = half] = this.users.keys();
    return Math.min(half, oldest);
  }
}

/** What is absent belongs to the id, so also to the key: in a list it becomes null, which no value is. */
function keyOf({ project, type, subject }: Names, dimensions: Dimensions): string {
  return `${project}\0${type}\0${subject}\0${JSON.stringify(dimensions)}`;
}
