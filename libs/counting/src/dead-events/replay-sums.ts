import {
  decodeEvent,
  isKnownSchema,
  type DeadEvent,
  type DeadEvents,
  type Event,
  type IndexRange,
  type shardProxy,
} from '@tally/contracts';
import type { Catalog } from '../catalog/catalog.js';
import { EventFolder, type CountingRules } from '../aggregate/event-folder.js';
import { noFates, ShardDelta } from '../aggregate/shard-delta.js';
import { NO_SERIES, SeriesTable } from '../series/series-table.js';

/** More are forgotten only when they are not in use. */
const MAX_SERIES = 1 << 20;

/** What the meaning of a dead event follows from. */
export interface ReplayRules extends Omit<CountingRules, 'series'> {
  readonly catalog: Catalog;
  readonly knowsVersion: (registryVersion: number) => boolean;
}

/** Which shard would count a dead event, or why nobody can. */
export type Countability =
  | { readonly kind: 'countable'; readonly shard: number; readonly event: Event }
  | {
      readonly kind: 'obstacle';
      readonly reason: string;
      /** Undefined: it cannot be read either. */
      readonly event?: Event;
    };

/** What a shard is asked to count, once. */
export type ReplayRequest = Pick<
  shardProxy.SettleDeadEventsRequest,
  'shard' | 'events' | 'rows' | 'seriesNames' | 'sketches'
>;

/**
 * Sums up dead events that a person has counted, one delta for each shard. An event counts as its type
 * was in the version that its block names, whatever its age.
 */
export class ReplaySums {
  private readonly series: SeriesTable;
  private readonly folder: EventFolder;
  private readonly deltas = new Map<number, ShardDelta>();

  constructor(
    private readonly topic: string,
    private readonly rules: ReplayRules,
  ) {
    // Of its own, so that each request names all its series: the shard may have been put back.
    this.series = new SeriesTable(rules.shardMap, MAX_SERIES);
    this.folder = new EventFolder({ ...rules, series: this.series });
  }

  /** Whether it can be counted as things are here. */
  countability(
    { schemaId, registryVersion, catalogPosition }: DeadEvents,
    { cause, length, bytes }: DeadEvent,
  ): Countability {
    if (cause === 'malformed_record') return obstacle('a record that is no block has no events');
    if (bytes.length < length) return obstacle('only its beginning was kept');
    if (!isKnownSchema(schemaId)) return obstacle(`schema ${schemaId} is not known here`);
    const series = this.folder.find(schemaId, bytes, 0, bytes.length);
    const event = decodeEvent(schemaId, bytes);
    if (series === NO_SERIES || event === undefined)
      return obstacle(`it is not an event of schema ${schemaId}`);
    if (!this.rules.knowsVersion(registryVersion))
      return obstacle(`version ${registryVersion} of the event types is not known here`, event);
    if (!this.rules.catalog.reaches(catalogPosition))
      return obstacle(`position ${catalogPosition} of the catalogue is not known here`, event);
    return { kind: 'countable', shard: this.series.shardOf(series), event };
  }

  /** Adds countable events of a record; each record once, its events ascending. */
  add(partition: number, dead: DeadEvents, events: readonly DeadEvent[]): void {
    const { folder, series: table } = this;
    const byShard = new Map<number, IndexRange[]>();
    for (const { index, bytes } of events) {
      const series = folder.find(dead.schemaId, bytes, 0, bytes.length);
      const shard = table.shardOf(series);
      const delta = this.deltaOf(shard);
      let indexes = byShard.get(shard);
      if (indexes === undefined) {
        delta.begin();
        byShard.set(shard, (indexes = []));
      }
      const { schemaId, registryVersion, catalogPosition } = dead;
      const definition = folder.definitionOf(series, registryVersion);
      folder.add(delta, series, definition, schemaId, bytes, 0, bytes.length, catalogPosition);
      const last = indexes.at(-1);
      if (last?.to === index) indexes[indexes.length - 1] = { from: last.from, to: index + 1 };
      else indexes.push({ from: index, to: index + 1 });
    }
    for (const [shard, indexes] of byShard)
      this.deltaOf(shard).complete(partition, dead.offset, dead.appendMs, noFates(), indexes);
  }

  /** One for each shard that counts any. */
  requests(): ReplayRequest[] {
    return [...this.deltas].map(([shard, delta]) => {
      const { dead, rows, seriesNames, sketches } = delta.toMessage();
      return { shard, events: dead, rows, seriesNames, ...(sketches && { sketches }) };
    });
  }

  private deltaOf(shard: number): ShardDelta {
    const known = this.deltas.get(shard);
    if (known !== undefined) return known;
    const delta = new ShardDelta(this.topic, this.series);
    this.deltas.set(shard, delta);
    return delta;
  }
}

function obstacle(reason: string, event?: Event): Countability {
  return { kind: 'obstacle', reason, ...(event && { event }) };
}
