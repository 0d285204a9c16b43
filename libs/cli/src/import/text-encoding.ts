import { ImportProblem } from './import-problem.js';

const UTF_8_MARK = Buffer.from('\ufeff');
const UTF_32_MARKS = [
  [0xff, 0xfe, 0x00, 0x00],
  [0x00, 0x00, 0xfe, 0xff],
].map((bytes) => Buffer.from(bytes));
/** Bytes that tell the encoding of a text. */
export const ENCODING_HEAD_BYTES = 4;

/** The bytes of a text in UTF-8, without a byte order mark; UTF-16 is decoded. ImportProblem for UTF-32. */
export function inUtf8(
  name: string,
  head: Buffer,
  chunks: AsyncIterable<Buffer>,
): AsyncIterable<Buffer> {
  if (UTF_32_MARKS.some((mark) => head.subarray(0, 4).equals(mark)))
    throw new ImportProblem(`${name} is UTF-32: expected UTF-8 or UTF-16`);
  const utf16 = utf16Of(head);
  if (utf16 !== undefined) return decoded(name, chunks, utf16);
  return head.subarray(0, 3).equals(UTF_8_MARK) ? without(chunks, UTF_8_MARK.length) : chunks;
}

/** By its byte order mark; or by the first two characters, which are of ASCII in every file that is read. */
function utf16Of([first, second, third, fourth]: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first && second === 0 && third && fourth === 0) return 'utf-16le';
  if (first === 0 && second && third === 0 && fourth) return 'utf-16be';
  return undefined;
}

async function* decoded(
  name: string,
  chunks: AsyncIterable<Buffer>,
  encoding: 'utf-16le' | 'utf-16be',
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = (chunk: Buffer, stream: boolean): Buffer => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream }));
    } catch (cause) {
      const problem = `${name} begins as ${encoding.toUpperCase()} and goes on otherwise`;
      throw new ImportProblem(problem, { cause });
    }
  };
  for await (const chunk of chunks) {
    const text = decode(chunk, true);
    if (text.length > 0) yield text;
  }
  // A character that lacks its second half is told here.
  decode(Buffer.alloc(0), false);
}

/** All bytes but so many at the start. */
export async function* without(
  chunks: AsyncIterable<Buffer>,
  bytes: number,
): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(left);
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
