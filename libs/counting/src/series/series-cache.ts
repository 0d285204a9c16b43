import { RETENTION_CLASSES, type Event, type EventTypeDefinition } from '@tally/contracts';
import { seriesId, slotOf, type Dimensions } from '@tally/placement';

/** The key of a counter, with all that a delta says about it. */
export interface Series {
  /** 16 bytes. */
  readonly id: Buffer;
  readonly slot: number;
  readonly project: string;
  readonly type: string;
  readonly subject: string;
  /** JSON object with ascending names; '' for the series of all values. */
  readonly dimensions: string;
}

/** What an event counts for: the series of its subject, and one more if its type has dimensions. */
export interface EventSeries {
  readonly all: Series;
  readonly split: Series | undefined;
  /** Place in the list of retention classes. */
  readonly retention: number;
}

/** Series by event, remembered: their ids are hashes, and most events count for a known one. */
export class SeriesCache {
  private readonly series = new Map<string, Series>();

  /** @param maxSeries Most that are remembered, some 500 bytes each; all are forgotten past it. */
  constructor(private readonly maxSeries: number) {}

  of(event: Event, definition: EventTypeDefinition): EventSeries {
    const { project, type, subject } = event;
    const key = `${project}\0${type}\0${subject}`;
    const all = this.series.get(key) ?? this.add(key, event, []);
    return {
      all,
      split: definition.dimensions.length === 0 ? undefined : this.split(key, event, definition),
      retention: RETENTION_CLASSES.indexOf(definition.retention),
    };
  }

  private split(key: string, event: Event, definition: EventTypeDefinition): Series {
    const dimensions = definition.dimensions.map((name) => [name, event.attributes[name]] as const);
    const text = JSON.stringify(Object.fromEntries(dimensions));
    const splitKey = `${key}\0${text}`;
    return this.series.get(splitKey) ?? this.add(splitKey, event, dimensions, text);
  }

  private add(
    key: string,
    { project, type, subject }: Event,
    dimensions: Dimensions,
    text = '',
  ): Series {
    if (this.series.size >= this.maxSeries) this.series.clear();
    const id = seriesId(project, type, subject, dimensions);
    const series = { id, slot: slotOf(id), project, type, subject, dimensions: text };
    this.series.set(key, series);
    return series;
  }
}
