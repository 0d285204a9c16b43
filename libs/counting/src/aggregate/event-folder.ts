import {
  decodeEvent,
  END_OF_TIME_MS,
  EventScanner,
  MINUTE_MS,
  RETENTION_CLASSES,
  type Event,
  type EventTypeDefinition,
} from '@tally/contracts';
import type { ShardMap } from '@tally/placement';
import type { Catalog } from '../catalog/catalog.js';
import { NO_SERIES, type SeriesTable } from '../series/series-table.js';
import { SketchedEvent } from '../sketches/sketched-event.js';
import { isExactDecimal } from '../sums/decimal.js';
import { enrichedDimensions } from './enriched-dimensions.js';
import type { ShardDelta } from './shard-delta.js';

/** What the meaning of an event follows from, beside the log. */
export interface CountingRules {
  readonly shardMap: ShardMap;
  readonly series: SeriesTable;
  /** What a type means in that version of the registry. */
  readonly definition: (
    project: string,
    type: string,
    registryVersion: number,
  ) => EventTypeDefinition;
  /** What is known of subjects. */
  readonly catalog: Pick<Catalog, 'fields'>;
}

/** Reads encoded events, one at a time, and adds those that are counted to the sums of a shard. */
export class EventFolder {
  /** The event that was found last. */
  readonly event = new EventScanner();
  private readonly sketched = new SketchedEvent();

  constructor(private readonly rules: CountingRules) {}

  /** The series of the event that lies there, which is `event` then; NO_SERIES if it is none. */
  find(schemaId: number, body: Buffer, from: number, to: number): number {
    const { event, rules } = this;
    const isUsual =
      event.scan(schemaId, body, from, to) && (!event.isValued || isExactDecimal(event));
    const known = isUsual ? rules.series.named(body, event) : NO_SERIES;
    if (known !== NO_SERIES) return known;
    const decoded = decodeEvent(schemaId, body, from, to);
    event.take(decoded, body, from, to);
    if (decoded === undefined || !isCountable(decoded)) return NO_SERIES;
    return rules.series.all(decoded);
  }

  /** What the type of that series meant in that version of the registry. */
  definitionOf(series: number, registryVersion: number): EventTypeDefinition {
    const known = this.rules.series.typeOf(series);
    if (known.definition !== undefined && known.registryVersion === registryVersion)
      return known.definition;
    known.registryVersion = registryVersion;
    return (known.definition = this.rules.definition(known.project, known.type, registryVersion));
  }

  /**
   * Adds the event that was found last, and that lies there, to its rows.
   *
   * @param catalogPosition Of its block.
   */
  add(
    delta: ShardDelta,
    series: number,
    definition: EventTypeDefinition,
    schemaId: number,
    body: Buffer,
    from: number,
    to: number,
    catalogPosition: bigint,
  ): void {
    const { event } = this;
    const minute = Math.floor(event.timeMs / MINUTE_MS);
    const retention = RETENTION_CLASSES.indexOf(definition.retention);
    const row = delta.add(series, minute, retention, event);
    const { dimensions, enriched, uniques, quantiles } = definition;
    const isSplit = dimensions.length > 0 || enriched.length > 0;
    if (!isSplit && uniques.length === 0) {
      // Quantiles are of the value, which was found already.
      if (quantiles) delta.sketch(row, this.sketched.take(definition, event, NO_ATTRIBUTES));
      return;
    }
    const whole = decodeEvent(schemaId, body, from, to);
    if (whole === undefined) throw new Error('expected an event that was found to be one');
    const isSketched = quantiles || uniques.length > 0;
    if (isSketched) delta.sketch(row, this.sketched.take(definition, event, whole.attributes));
    if (!isSplit) return;
    const split = this.splitSeries(whole, definition, catalogPosition);
    const splitRow = delta.add(split, minute, retention, event);
    if (isSketched) delta.sketch(splitRow, this.sketched);
  }

  private splitSeries(
    event: Event,
    definition: EventTypeDefinition,
    catalogPosition: bigint,
  ): number {
    const { series, catalog } = this.rules;
    const { dimensions, enriched } = definition;
    if (enriched.length === 0) return series.split(event, dimensions);
    const fields = catalog.fields(event.project, event.subject, catalogPosition);
    return series.splitBy(event, enrichedDimensions(event, definition, fields));
  }
}

const NO_ATTRIBUTES: Event['attributes'] = {};

/**
 * What the gateway checks and storage relies on, and no decoder: a block may come from elsewhere. The
 * names of project and type are checked with their first series.
 */
function isCountable({ id, subject, time, value }: Event): boolean {
  return (
    id !== '' &&
    subject !== '' &&
    time >= 0 &&
    time < END_OF_TIME_MS &&
    (value === null || isExactDecimal(value))
  );
}
