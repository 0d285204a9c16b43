import { createReadStream, statSync } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ImportProblem } from './import-problem.js';
import { PACKED_HEAD_BYTES, refusePacked } from './packed.js';
import { ENCODING_HEAD_BYTES, inUtf8 } from './text-encoding.js';

/** An input that was opened: its bytes, unpacked, in UTF-8 as far as they are text. */
export interface Input {
  /** As people know it. */
  readonly name: string;
  /** All bytes, without a byte order mark; to be read once. */
  readonly chunks: AsyncIterable<Buffer>;
  /** The first of them, up to 64 KiB; empty for an empty input. */
  readonly head: Buffer;
  /** Share of the file that was read, 0 to 1; undefined where the size is not known. */
  progress(): number | undefined;
}

/** Stands for stdin on a command line. */
export const STDIN = '-';
const GZIP = Buffer.from([0x1f, 0x8b]);
/** What is looked at to tell formats apart. */
const HEAD_BYTES = 64 * 1024;

/**
 * Opens a file, or stdin for `-`. Gzip and UTF-16 are known by their first bytes, and so is what is not read.
 * ImportProblem, also on reading.
 */
export async function openInput(file: string, stdin: Readable = process.stdin): Promise<Input> {
  const name = file === STDIN ? 'stdin' : file;
  const size = file === STDIN ? 0 : sizeOf(file);
  const stream = file === STDIN ? stdin : createReadStream(file);
  let read = 0;
  const raw = named(name, stream, (bytes) => (read += bytes));
  const start = await peek(raw, GZIP.length);
  const isPacked = start.head.subarray(0, GZIP.length).equals(GZIP);
  const plain = await peek(
    isPacked ? named(name, unpacked(start.chunks)) : start.chunks,
    Math.max(PACKED_HEAD_BYTES, ENCODING_HEAD_BYTES),
  );
  refusePacked(name, plain.head);
  return {
    name,
    ...(await peek(inUtf8(name, plain.head, plain.chunks), HEAD_BYTES)),
    progress: () => (size > 0 ? Math.min(read / size, 1) : undefined),
  };
}

function sizeOf(file: string): number {
  let stats;
  try {
    stats = statSync(file, { throwIfNoEntry: false });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ImportProblem(`${file} cannot be opened: ${message}`, { cause });
  }
  if (stats === undefined) throw new ImportProblem(`${file}: no such file`);
  if (stats.isDirectory()) throw new ImportProblem(`${file}: expected a file, this is a folder`);
  return stats.size;
}

function unpacked(chunks: AsyncIterable<Buffer>): Readable {
  // An error ends the reader's loop; the callback keeps it from being thrown a second time.
  return pipeline(Readable.from(chunks), createGunzip(), () => undefined);
}

async function* named(
  name: string,
  stream: Readable,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      onRead(chunk.length);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof ImportProblem) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ImportProblem(`${name} cannot be read to its end: ${message}`, { cause });
  }
}

/** Looks at the first bytes; `chunks` has them again. */
async function peek(
  chunks: AsyncIterable<Buffer>,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly chunks: AsyncIterable<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  for (let seen = 0; seen < bytes;) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    seen += next.value.length;
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield* first.splice(0);
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value;
    } finally {
      // Who stops reading early lets the file go too.
      await iterator.return?.(undefined);
    }
  }
  return { head: Buffer.concat(first).subarray(0, bytes), chunks: all() };
}
