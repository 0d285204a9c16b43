import { ImportProblem } from './import-problem.js';

/** How files begin that have to be unpacked first, and with what. */
const PACKED: readonly (readonly [name: string, start: readonly number[], unpack: string])[] = [
  ['zip', [0x50, 0x4b, 0x03, 0x04], 'unzip -p'],
  ['zip', [0x50, 0x4b, 0x05, 0x06], 'unzip -p'],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd], 'zstd -dc'],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz -dc'],
  ['bzip2', [0x42, 0x5a, 0x68], 'bzip2 -dc'],
  ['lz4', [0x04, 0x22, 0x4d, 0x18], 'lz4 -dc'],
  ['7-Zip', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], '7z x -so'],
  ['compress', [0x1f, 0x9d], 'gzip -dc'],
];
/** What follows the level of a bzip2 file: `BZh` alone may be text. */
const BZIP2_BLOCK = Buffer.from([0x31, 0x41, 0x59, 0x26, 0x53, 0x59]);
const TAR_AT = 257;
/** Bytes that tell all of them. */
export const PACKED_HEAD_BYTES = TAR_AT + 5;

/** ImportProblem for a file that is packed in a way that is not read, or several files in one. */
export function refusePacked(name: string, head: Buffer): void {
  const packed = PACKED.find(([, start]) =>
    head.subarray(0, start.length).equals(Buffer.from(start)),
  );
  if (packed !== undefined) {
    const [how, , unpack] = packed;
    if (how === 'bzip2' && head.indexOf(BZIP2_BLOCK) !== 4) return;
    throw new ImportProblem(
      `${name} is packed with ${how}: expected text, plain or packed with gzip; ${unpack} FILE | tally import imports it`,
    );
  }
  if (head.toString('latin1', TAR_AT, TAR_AT + 5) === 'ustar')
    throw new ImportProblem(
      `${name} is a tar archive: expected one file of text; tar -xOf FILE MEMBER | tally import imports a member`,
    );
}
