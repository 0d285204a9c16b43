import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of the log: it is there, and what is written to it can be made durable. */
export class LogDirectory {
  private constructor(
    private readonly file: FileHandle,
    private probes = 0,
  ) {}

  static async open(path: string): Promise<LogDirectory> {
    await mkdir(path, { recursive: true });
    return new LogDirectory(await open(join(path, 'health'), 'w'));
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
