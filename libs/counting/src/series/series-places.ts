import { randomFillSync } from 'node:crypto';
import { isAscii, MAX_SUBJECT_BYTES } from '@tally/contracts';

/** Where in some bytes the texts lie that name the series of all events of a subject. */
export interface SeriesPlaces {
  readonly project: number;
  readonly projectEnd: number;
  /** Of the length of the type, as Avro writes it; type, subject and their lengths lie side by side. */
  readonly names: number;
  readonly type: number;
  readonly typeEnd: number;
  readonly subject: number;
  readonly subjectEnd: number;
}

/** What names the series of all events of a subject. */
export interface Names {
  readonly project: string;
  readonly type: string;
  readonly subject: string;
}

/** The texts of a series where `SeriesPlaces` say. */
export interface PlacedNames {
  readonly bytes: Buffer;
  readonly places: SeriesPlaces;
}

const LENGTH_BYTES = 3;
/** Of a UTF-16 code unit in UTF-8. */
const MAX_UNIT_BYTES = 3;

/** Writes them as they lie in an event in its usual form. */
export function placeNames(project: string, type: string, subject: string): PlacedNames {
  const units = project.length + type.length + subject.length;
  const bytes = Buffer.alloc(units * MAX_UNIT_BYTES + 2 * LENGTH_BYTES);
  const projectEnd = bytes.write(project);
  const typeAt = writeLength(bytes, projectEnd, Buffer.byteLength(type));
  const typeEnd = typeAt + bytes.write(type, typeAt);
  const subjectAt = writeLength(bytes, typeEnd, Buffer.byteLength(subject));
  const places = {
    project: 0,
    projectEnd,
    names: projectEnd,
    type: typeAt,
    typeEnd,
    subject: subjectAt,
    subjectEnd: subjectAt + bytes.write(subject, subjectAt),
  };
  return { bytes, places };
}

/** Texts of ASCII that lie there, if they can be names at all; undefined for any other. */
export function readNames(bytes: Buffer, places: SeriesPlaces): Names | undefined {
  const { project, projectEnd, type, typeEnd, subject, subjectEnd } = places;
  const length = subjectEnd - subject;
  if (length === 0 || length > MAX_SUBJECT_BYTES || !isAscii(bytes, subject, subjectEnd))
    return undefined;
  return {
    project: bytes.toString('latin1', project, projectEnd),
    type: bytes.toString('latin1', type, typeEnd),
    subject: bytes.toString('latin1', subject, subjectEnd),
  };
}

function writeLength(bytes: Buffer, at: number, length: number): number {
  let left = length * 2;
  let end = at;
  for (; left >= 0x80; left >>>= 7) bytes[end++] = (left & 0x7f) | 0x80;
  bytes[end++] = left;
  return end;
}

/** Names have fewer bytes than four times as many. */
const WORDS = 256;
const SECRETS = randomFillSync(new Int32Array(WORDS)).map((word) => word | 1);

/**
 * 32 bits of which the upper ones choose a bucket: the sum of each four bytes times a secret number
 * (multilinear hashing), so that nobody who names subjects can choose where they meet.
 */
export function hashOfNames(bytes: Buffer, places: SeriesPlaces): number {
  const { project, projectEnd, names, subjectEnd } = places;
  let sum = 0;
  let word = 0;
  let at = project;
  let end = projectEnd;
  for (;;) {
    for (; at + 4 <= end; at += 4) {
      const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      const high = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8);
      sum = (sum + Math.imul(low | (high << 16), SECRETS[word++ & (WORDS - 1)] ?? 1)) | 0;
    }
    let rest = end - at + 1;
    for (; at < end; at++) rest = (rest << 8) | (bytes[at] ?? 0);
    sum = (sum + Math.imul(rest, SECRETS[word++ & (WORDS - 1)] ?? 1)) | 0;
    if (end === subjectEnd) return sum;
    at = names;
    end = subjectEnd;
  }
}
