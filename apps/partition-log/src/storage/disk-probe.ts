import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** The disk of the log takes writes: a full or failing one is seen before a client meets it. */
export class DiskProbe {
  private constructor(
    private readonly file: FileHandle,
    private probes = 0,
  ) {}

  /** `folder` is there. */
  static async open(folder: string): Promise<DiskProbe> {
    return new DiskProbe(await open(join(folder, 'health'), 'w'));
  }

  /** Writes eight bytes and waits until the disk has them. */
  async probe(): Promise<void> {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(++this.probes));
    const { bytesWritten } = await this.file.write(bytes, 0, bytes.length, 0);
    // At a full disk, Node returns short writes without an error.
    if (bytesWritten !== bytes.length)
      throw new Error(`wrote ${bytesWritten} of ${bytes.length} bytes`);
    await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
