import { decodeDeltaRows, type shardProxy } from '@tally/contracts';
import { DDSketch, deltaEntries, HyperLogLog, readSketches, UNIQUES } from '@tally/sketches';

/** Sketches of a shard in memory, each merged as it comes. */
export class SketchModel {
  /** By series id, hex, minute and attribute. */
  private readonly sketches: Map<string, Buffer>;

  constructor(copied?: SketchModel) {
    this.sketches = new Map(copied?.sketches);
  }

  add({ rows: encoded, sketches }: Pick<shardProxy.ApplyDeltaRequest, 'rows' | 'sketches'>): void {
    if (sketches === undefined) return;
    const bytes = Buffer.from(sketches);
    const rows = decodeDeltaRows(Buffer.from(encoded)) ?? [];
    for (const { row, kind, attribute, from, to } of deltaEntries(bytes)) {
      const its = rows[row];
      if (its === undefined) throw new Error(`expected a sketch of a row, got one of row ${row}`);
      const key = `${Buffer.from(its.series).toString('hex')} ${its.minute} ${attribute}`;
      const all = Buffer.concat([this.sketches.get(key) ?? NONE, bytes.subarray(from, to)]);
      const merged = kind === UNIQUES ? new HyperLogLog() : new DDSketch();
      this.sketches.set(key, readSketches(merged, all).encode());
    }
  }

  /** In hexadecimal, by series, minute and attribute. @param nameOf A series by its id, hex. */
  read(nameOf: (series: string) => string = (series) => series): ReadonlyMap<string, string> {
    return new Map(
      [...this.sketches].map(([key, sketch]) => {
        const [series = '', ...rest] = key.split(' ');
        return [[nameOf(series), ...rest].join(' '), sketch.toString('hex')];
      }),
    );
  }
}

const NONE = Buffer.alloc(0);
