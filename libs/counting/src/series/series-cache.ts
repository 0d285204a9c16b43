import { areNames, type Event } from '@tally/contracts';
import { seriesId, slotOf, type Dimensions } from '@tally/placement';

/** The key of a counter, with all that a delta says about it. */
export interface Series {
  /** 16 bytes. */
  readonly id: Buffer;
  /** The id as text, a character per byte: two objects may stand for one series. */
  readonly key: string;
  readonly slot: number;
  readonly project: string;
  readonly type: string;
  readonly subject: string;
  /** JSON object with ascending names, without those that are absent; '' for the series of all values. */
  readonly dimensions: string;
}

/** Series by event, remembered: their ids are hashes, and most events count for a known one. */
export class SeriesCache {
  /** By project and type. */
  private readonly types = new Map<string, Map<string, SeriesOfType>>();
  /** Of the last event: the next has mostly the same type. */
  private last: SeriesOfType | undefined;
  private size = 0;

  /** @param maxSeries Most that are remembered, some 500 bytes each; all are forgotten past it. */
  constructor(private readonly maxSeries: number) {}

  /** The series of all events of a subject; undefined when no project or no type has such a name. */
  all(event: Event): Series | undefined {
    const known = this.find(event)?.series.get(event.subject);
    if (known !== undefined) return known;
    // What is known already was checked then.
    if (this.find(event) === undefined && !areNames(event.project, event.type)) return undefined;
    return this.add(this.ofType(event).series, event.subject, event, []);
  }

  /** The series of an event's values of these dimensions. */
  split(event: Event, names: readonly string[]): Series {
    const { attributes } = event;
    // A dimension may be called `constructor`, which every object has without having got it.
    const dimensions = names.map(
      (name) => [name, Object.hasOwn(attributes, name) ? attributes[name] : undefined] as const,
    );
    const { splits } = this.ofType(event);
    // What is absent belongs to the id, so also to the key: in a list it becomes null, which no value is.
    const key = `${event.subject}\0${JSON.stringify(dimensions)}`;
    const known = splits.get(key);
    if (known !== undefined) return known;
    const text = JSON.stringify(Object.fromEntries(dimensions));
    return this.add(splits, key, event, dimensions, text);
  }

  private find({ project, type }: Event): SeriesOfType | undefined {
    if (this.last?.project !== project || this.last.type !== type)
      this.last = this.types.get(project)?.get(type);
    return this.last;
  }

  private ofType(event: Event): SeriesOfType {
    const known = this.find(event);
    if (known !== undefined) return known;
    const { project, type } = event;
    const made = { project, type, series: new Map(), splits: new Map() };
    const types = this.types.get(project) ?? new Map<string, SeriesOfType>();
    this.types.set(project, types.set(type, made));
    return made;
  }

  private add(
    into: Map<string, Series>,
    key: string,
    { project, type, subject }: Event,
    dimensions: Dimensions,
    text = '',
  ): Series {
    const id = seriesId(project, type, subject, dimensions);
    const series = {
      id,
      key: id.toString('latin1'),
      slot: slotOf(id),
      project,
      type,
      subject,
      dimensions: text,
    };
    into.set(key, series);
    this.size += 1;
    if (this.size >= this.maxSeries) this.forget();
    return series;
  }

  private forget(): void {
    this.types.clear();
    this.last = undefined;
    this.size = 0;
  }
}

interface SeriesOfType {
  readonly project: string;
  readonly type: string;
  /** By subject. */
  readonly series: Map<string, Series>;
  /** By subject, names of dimensions and their values. */
  readonly splits: Map<string, Series>;
}
