import { ENTRY_HEADER_BYTES, FINGERPRINT_AT, writeLong, writeText } from '@tally/contracts';
import { Fingerprints } from '@tally/placement';
import type { UsualEvent } from './usual-event.js';

const NO_VALUE = 0;
const VALUE = 2;

/** Bytes of an entry beside its texts, at most: header, lengths, time, value, number of attributes, ends. */
const OTHER_BYTES = ENTRY_HEADER_BYTES + 40;

/** Writes entries (see block-body) of events whose parts lie in a JSON text, with schema 2. */
export class UsualWriter {
  private readonly project: Buffer;
  private readonly fingerprints: Fingerprints;

  constructor(project: string) {
    const text = Buffer.from(project);
    const encoded = Buffer.alloc(text.length + 2);
    this.project = encoded.subarray(0, writeText(encoded, 0, text, 0, text.length));
    this.fingerprints = new Fingerprints(project);
  }

  /** Bytes that an entry needs, at most. */
  room({ id, idEnd, type, typeEnd, subject, subjectEnd, attributes }: UsualEvent): number {
    const texts = idEnd - id + (typeEnd - type) + (subjectEnd - subject) + attributes.length;
    return OTHER_BYTES + this.project.length + texts;
  }

  /**
   * Writes the entry at `at`, where there is `room`, and returns the position behind it. Its fingerprint
   * may be missing until `finish`.
   */
  write(json: Buffer, event: UsualEvent, timeMs: number, into: Buffer, at: number): number {
    const { project } = this;
    const from = at + ENTRY_HEADER_BYTES;
    let end = from;
    for (let index = 0; index < project.length; index++) into[end++] = project[index] ?? 0;
    end = writeText(into, end, json, event.id, event.idEnd);
    end = writeText(into, end, json, event.type, event.typeEnd);
    end = writeText(into, end, json, event.subject, event.subjectEnd);
    end = writeLong(into, end, timeMs);
    if (event.isValued) {
      into[end++] = VALUE;
      end = writeLong(into, end, event.unscaled);
      end = writeLong(into, end, event.scale);
    } else into[end++] = NO_VALUE;
    const { count, length, encoded } = event.attributes;
    if (count > 0) {
      end = writeLong(into, end, count);
      for (let index = 0; index < length; index++) into[end++] = encoded[index] ?? 0;
    }
    into[end++] = 0;
    into[end++] = event.hasTime ? 0 : 1;
    into.writeUInt32BE(end - from, at);
    this.fingerprints.add(json, event.id, event.idEnd, into, at + FINGERPRINT_AT);
    return end;
  }

  /** Writes the fingerprints that are missing of entries in `into`. */
  finish(into: Buffer): void {
    this.fingerprints.finish(into);
  }
}
