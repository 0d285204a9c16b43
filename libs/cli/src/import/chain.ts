import { createHash } from 'node:crypto';

const VERSION = 'tally-import-1';
/** 128 bits: two records of the world never meet. */
const ID_BYTES = 16;

/**
 * Names the records of an input, in order: the name of a record is the hash of its content and of
 * the name before it. So it says "this record, behind exactly those": the same for a copy of the
 * input, whatever it is called, packed or appended to, and another one for a second equal record.
 *
 *   h(0) = SHA-256(`tally-import-1`, 0, source, 0, event type)
 *   h(n) = SHA-256(h(n-1), content of record n)
 *   id   = the first 16 bytes of h(n), base64url
 */
export class Chain {
  private link: Buffer;

  /** `source`: keeps inputs apart that begin alike; may be empty. */
  constructor(source: string, type: string) {
    this.link = createHash('sha256').update(`${VERSION}\0${source}\0${type}`).digest();
  }

  add(content: string | Buffer): void {
    this.link = createHash('sha256').update(this.link).update(content).digest();
  }

  /** Id of the record that was added last, and proof of all before it. */
  get id(): string {
    return this.link.toString('base64url', 0, ID_BYTES);
  }
}
