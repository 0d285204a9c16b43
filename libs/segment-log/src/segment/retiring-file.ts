import type { LogFile } from '../files/file-system.js';

/** The file is closed: whoever reads found the segment before it went, and looks again. */
export class RetiredSegment extends Error {
  constructor(path: string) {
    super(`${path} is not part of the log any more`);
    this.name = 'RetiredSegment';
  }
}

/** A file that is closed once it is not wanted any more and those who read it are done. */
export class RetiringFile {
  private readers = 0;
  private retired = false;

  constructor(
    private readonly path: string,
    private readonly file: LogFile,
  ) {}

  /** Keeps it open while `read` runs. Rejects with RetiredSegment when it is closed already. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    if (this.retired && this.readers === 0) throw new RetiredSegment(this.path);
    this.readers += 1;
    try {
      return await read();
    } finally {
      this.readers -= 1;
      if (this.retired && this.readers === 0) await this.file.close();
    }
  }

  async retire(): Promise<void> {
    if (this.retired) return;
    this.retired = true;
    if (this.readers === 0) await this.file.close();
  }
}
