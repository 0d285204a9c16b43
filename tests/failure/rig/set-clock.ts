import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARIES = '/usr/lib';
const LIBRARY = 'faketime/libfaketimeMT.so.1';

/** A wall clock that can be set for some processes alone, by libfaketime; their steady clock is left as it is. */
export class SetClock {
  private readonly file: string;

  constructor(dir: string) {
    this.file = join(dir, 'clock');
    this.set(0);
  }

  /** Why there can be none on this machine; undefined when there can. */
  static lacks(): string | undefined {
    return library() === undefined ? 'libfaketime, of the Debian package faketime' : undefined;
  }

  /** For processes that shall have it. */
  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: library() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_NO_CACHE: '1',
    };
  }

  /** So many seconds from true time, from now on. */
  set(offsetSeconds: number): void {
    // Whoever reads it meanwhile finds a whole one.
    writeFileSync(`${this.file}.new`, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`);
    renameSync(`${this.file}.new`, this.file);
  }
}

/** It lies below a folder that is named after the processor. */
function library(): string | undefined {
  return readdirSync(LIBRARIES)
    .map((name) => join(LIBRARIES, name, LIBRARY))
    .find((path) => existsSync(path));
}
