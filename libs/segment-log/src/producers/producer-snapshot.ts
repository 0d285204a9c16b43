import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import type { FileSystem } from '../files/file-system.js';
import { replaceFile } from '../files/replace-file.js';
import type { ProducerState, RememberedBatch } from './producer-states.js';

const FILE = 'producers';
const FORMAT_VERSION = 1;

/** What producers had appended below an offset. */
export interface ProducerSnapshot {
  readonly offset: bigint;
  readonly states: readonly (readonly [bigint, ProducerState])[];
}

/**
 * Text, so that it can be read by people. First line: format version, offset, CRC-32C of all that
 * follows it, in hexadecimal. Then a line per producer, the one that was silent longest first:
 *
 *   id epoch last-active-ms {base-sequence:last-sequence:base-offset:append-time-ms}…
 *
 * with `-` for a batch whose records keep their time. It is an abbreviation: the log has it all.
 * False: the disk is full, and the old one is still there.
 */
export function writeProducerSnapshot(
  files: FileSystem,
  folder: string,
  offset: bigint,
  states: Iterable<readonly [bigint, ProducerState]>,
): Promise<boolean> {
  const lines = Array.from(states, ([id, { epoch, lastActiveMs, batches }]) =>
    [id, epoch, lastActiveMs, ...batches.map(formatBatch)].join(' '),
  );
  const body = lines.map((line) => `${line}\n`).join('');
  const text = `${FORMAT_VERSION} ${offset} ${checksum(body)}\n${body}`;
  return replaceFile(files, join(folder, FILE), text);
}

/** undefined where there is none, or it is damaged: then the batches in the log are read instead. */
export async function readProducerSnapshot(
  files: FileSystem,
  folder: string,
): Promise<ProducerSnapshot | undefined> {
  const text = (await files.readText(join(folder, FILE))) ?? '';
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  const [version, offset = '', crc] = text.slice(0, end).split(' ');
  if (version !== String(FORMAT_VERSION) || !/^\d{1,19}$/.test(offset)) return undefined;
  if (crc !== checksum(body)) return undefined;
  const lines = body.split('\n').slice(0, -1);
  return { offset: BigInt(offset), states: lines.map(parseProducer) };
}

function formatBatch({ baseSequence, lastSequence, baseOffset, appendTimeMs }: RememberedBatch) {
  return `${baseSequence}:${lastSequence}:${baseOffset}:${appendTimeMs ?? '-'}`;
}

/** Of a line whose checksum fits: it is what was written. */
function parseProducer(line: string): readonly [bigint, ProducerState] {
  const [id = '', epoch, lastActiveMs, ...batches] = line.split(' ');
  const state = {
    epoch: Number(epoch),
    lastActiveMs: Number(lastActiveMs),
    batches: batches.map((batch) => {
      const [baseSequence, lastSequence, baseOffset = '', time] = batch.split(':');
      return {
        baseSequence: Number(baseSequence),
        lastSequence: Number(lastSequence),
        baseOffset: BigInt(baseOffset),
        appendTimeMs: time === '-' ? undefined : Number(time),
      };
    }),
  };
  return [BigInt(id), state];
}

function checksum(text: string): string {
  return crc32c(Buffer.from(text)).toString(16).padStart(8, '0');
}
