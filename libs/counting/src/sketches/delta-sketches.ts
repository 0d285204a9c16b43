import { attributeId, DDSketch, encodeDeltaEntry, ENTRY_BYTES, HyperLogLog } from '@tally/sketches';
import type { SketchedEvent } from './sketched-event.js';

/** The sketches of the rows of one delta. */
export class DeltaSketches {
  /** By name of the attribute, then by row. */
  private readonly uniques = new Map<string, Map<number, HyperLogLog>>();
  private readonly quantiles = new Map<number, DDSketch>();
  private byteCount = 0;

  /** At least what their entries take. */
  get bytes(): number {
    return this.byteCount;
  }

  /** The event belongs to the row. */
  add(row: number, { uniques, hashes, micro }: SketchedEvent): void {
    for (let index = 0; index < uniques.length; index++) {
      const sketch = this.uniquesOf(uniques[index] ?? '', row);
      const before = sketch.size;
      const hash = hashes[index];
      if (hash === undefined) sketch.pass();
      else sketch.add(hash);
      this.byteCount += sketch.size - before;
    }
    if (micro === undefined) return;
    const sketch = this.quantilesOf(row);
    const before = sketch.size;
    sketch.add(micro);
    this.byteCount += sketch.size - before;
  }

  /** Entries as docs/formats/sketch.md has them; undefined when there are none. */
  encode(): Buffer | undefined {
    const entries: Buffer[] = [];
    for (const [name, rows] of this.uniques) {
      const attribute = attributeId(name);
      for (const [row, sketch] of rows)
        entries.push(encodeDeltaEntry(row, attribute, sketch.encode()));
    }
    for (const [row, sketch] of this.quantiles)
      entries.push(encodeDeltaEntry(row, undefined, sketch.encode()));
    return entries.length === 0 ? undefined : Buffer.concat(entries);
  }

  private uniquesOf(name: string, row: number): HyperLogLog {
    let rows = this.uniques.get(name);
    if (rows === undefined) this.uniques.set(name, (rows = new Map<number, HyperLogLog>()));
    let sketch = rows.get(row);
    if (sketch !== undefined) return sketch;
    rows.set(row, (sketch = new HyperLogLog()));
    this.byteCount += ENTRY_BYTES + sketch.size;
    return sketch;
  }

  private quantilesOf(row: number): DDSketch {
    let sketch = this.quantiles.get(row);
    if (sketch !== undefined) return sketch;
    this.quantiles.set(row, (sketch = new DDSketch()));
    this.byteCount += ENTRY_BYTES + sketch.size;
    return sketch;
  }
}
