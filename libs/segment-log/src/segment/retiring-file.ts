import { MissingFile, type HeldFile } from '../files/open-files.js';

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
    private readonly file: HeldFile,
  ) {}

  /** Keeps it open while `read` runs. Rejects with RetiredSegment when it is closed already. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    if (this.retired && this.readers === 0) throw new RetiredSegment(this.path);
    this.readers += 1;
    try {
      return await this.file.hold(read);
    } catch (error) {
      // It was on its way out before it could be opened.
      throw this.retired && error instanceof MissingFile ? new RetiredSegment(this.path) : error;
    } finally {
      this.readers -= 1;
      if (this.retired && this.readers === 0) await this.file.close();
    }
  }

  async retire(): Promise<void> {
    if (this.retired) return;
    this.retired = true;
    if (this.readers === 0) await this.file.close();
    // From now on its name may be that of another file.
    await this.file.settled();
  }
}
