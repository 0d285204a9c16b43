import { hash } from 'node:crypto';
import { LANES, sha256Lanes, type Sha256Lanes } from './sha256-lanes.js';

const FINGERPRINT_BYTES = 16;
/** Most bytes in a block beside the mark of their end and their number. */
const MAX_BLOCK_BYTES = 55;
const END_MARK = 0x80;
const LENGTH_WORD = 15;

/** Fingerprints of ids that lie in bytes, as `fingerprintOf` has them: of many ids of one project. */
export class Fingerprints {
  private readonly prefix: Buffer;
  private readonly lanes: Sha256Lanes | undefined;
  /** The bytes of the prefix that fill no word. */
  private readonly prefixRest: number;
  /** Where the fingerprints go whose blocks are there. */
  private readonly places = new Float64Array(LANES);
  private waiting = 0;

  constructor(project: string) {
    this.prefix = Buffer.from(`event\0${project}\0`);
    this.lanes = sha256Lanes();
    const { length } = this.prefix;
    for (let word = 0; word < Math.min(length >>> 2, LENGTH_WORD); word++)
      this.lanes?.block.fill(this.prefix.readInt32BE(4 * word), word * LANES, (word + 1) * LANES);
    this.prefixRest = (length & 3) === 0 ? 0 : this.prefix.readUIntBE(length & ~3, length & 3);
  }

  /**
   * The fingerprint of the id that lies in `bytes` is written into `into` at `at`: now, or with one of the
   * next ones, or by `finish`; until then all go into the same buffer, or a larger one that took its place.
   */
  add(bytes: Buffer, from: number, to: number, into: Buffer, at: number): void {
    const { lanes, prefix } = this;
    const length = prefix.length + to - from;
    if (lanes === undefined || length > MAX_BLOCK_BYTES) {
      const text = Buffer.concat([prefix, bytes.subarray(from, to)]);
      into.write(hash('sha256', text, 'binary').slice(0, FINGERPRINT_BYTES), at, 'binary');
      return;
    }
    const lane = this.waiting;
    this.fill(lanes.block, lane, bytes, from, to);
    this.places[lane] = at;
    this.waiting = lane + 1;
    if (this.waiting === LANES) this.finish(into);
  }

  /** Writes those that are missing. */
  finish(into: Buffer): void {
    const { lanes, places, waiting } = this;
    if (waiting === 0 || lanes === undefined) return;
    lanes.run();
    for (let lane = 0; lane < waiting; lane++) {
      const at = places[lane] ?? 0;
      for (let word = 0; word < FINGERPRINT_BYTES / 4; word++)
        into.writeInt32BE(lanes.hash[word * LANES + lane] ?? 0, at + 4 * word);
    }
    this.waiting = 0;
  }

  /** The block of an id, behind the words of the prefix. */
  private fill(block: Int32Array, lane: number, bytes: Buffer, from: number, to: number): void {
    let length = this.prefix.length;
    let at = (length >>> 2) * LANES + lane;
    let word = this.prefixRest;
    for (let index = from; index < to; index++) {
      word = (word << 8) | (bytes[index] ?? 0);
      length += 1;
      if ((length & 3) !== 0) continue;
      block[at] = word;
      at += LANES;
      word = 0;
    }
    block[at] = ((word << 8) | END_MARK) << (8 * (3 - (length & 3)));
    for (at += LANES; at < LENGTH_WORD * LANES; at += LANES) block[at] = 0;
    block[LENGTH_WORD * LANES + lane] = 8 * length;
  }
}
