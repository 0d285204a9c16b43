import type { FileSystem, LogFile } from '../../src/index.js';

/** A disk that tells before each change: what it holds then is what a crash would leave. */
export function steppedDisk(disk: FileSystem, onStep: () => void): FileSystem {
  const step = <A extends unknown[], R>(act: (...args: A) => R) => {
    return (...args: A): R => {
      onStep();
      return act(...args);
    };
  };
  const wrap = (file: LogFile): LogFile => ({
    read: (into, position) => file.read(into, position),
    size: () => file.size(),
    close: () => file.close(),
    write: step((buffers, position) => file.write(buffers, position)),
    datasync: step(() => file.datasync()),
    truncate: step((size) => file.truncate(size)),
  });
  return {
    lock: (path) => disk.lock(path),
    open: async (path, mode) => wrap(await disk.open(path, mode)),
    list: (path) => disk.list(path),
    readText: (path) => disk.readText(path),
    freeBytes: (path) => disk.freeBytes(path),
    makeFolder: step((path) => disk.makeFolder(path)),
    rename: step((from, to) => disk.rename(from, to)),
    remove: step((path) => disk.remove(path)),
    syncFolder: step((path) => disk.syncFolder(path)),
  };
}
