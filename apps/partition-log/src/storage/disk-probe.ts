import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Not emptied: what the file has it keeps, so that a log starts on a full disk, where it can be read. */
const FLAGS = constants.O_RDWR | constants.O_CREAT;

/** The disk of the log takes writes: a full or failing one is seen before a client meets it. */
export class DiskProbe {
  private file: FileHandle | undefined;
  private probes = 0;

  /** `folder` is there. */
  constructor(private readonly folder: string) {}

  /** Writes eight bytes and waits until the disk has them. */
  async probe(): Promise<void> {
    this.file ??= await open(join(this.folder, 'health'), FLAGS);
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(++this.probes));
    const { bytesWritten } = await this.file.write(bytes, 0, bytes.length, 0);
    // At a full disk, Node returns short writes without an error.
    if (bytesWritten !== bytes.length)
      throw new Error(`wrote ${bytesWritten} of ${bytes.length} bytes`);
    await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.file?.close();
  }
}
