// Becomes main.js of a bundle: runs service.cjs beside it, a module in the function that Node puts
// around one. What V8 made of it when it was bundled lies in service.cache, so that nothing is parsed or
// compiled again; a cache that is missing, damaged, of another build or refused by this V8 makes the
// start slower and nothing else.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { constants, Script } from 'node:vm';

const folder = import.meta.dirname;
const filename = join(folder, 'service.cjs');
const cacheFile = join(folder, 'service.cache');
/** A cache begins with the SHA-256 of the source that it is for, and that of all that follows. */
const SUM_BYTES = 32;

// Buffers count as growth of the heap: V8 would collect all of it with every 12 MB that pass through a
// service, which took a quarter of its time. It may grow to four times what the last time left. Before
// anything is compiled: a cache is for the same flags.
setFlagsFromString('--heap-growing-percent=300');
// Four times V8's own: most of what a request runs through is not run often enough to be worth what
// optimising it costs, and what is run for each event is hot all the same.
setFlagsFromString('--interrupt-budget=270336');

const script = compile();
mapStacks();
// The bundler starts a service once, to the end of its start, and asks for the cache then.
if (process.argv[2] === '--make-cache') {
  process.once('message', () => process.exit(0));
  process.once('exit', writeCache);
}
const main = { exports: {} };
script.runInThisContext()(main.exports, createRequire(filename), main, filename, folder);
/** For tests: undefined without a cache, else whether V8 refused it. */
globalThis[Symbol.for('tally.cacheRejected')] = script.cachedDataRejected;

/** Nothing that is only needed here may stay in memory, nor the source twice: it is the function as it is. */
function compile() {
  const bytes = readFileSync(filename);
  return new Script(bytes.latin1Slice(), {
    filename,
    cachedData: readCache(bytes),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

/** V8 itself compares its version, its flags and the length of the source, and believes the bytes. */
function readCache(source) {
  try {
    const cache = readFileSync(cacheFile);
    const data = cache.subarray(2 * SUM_BYTES);
    const isSound = cache.subarray(0, 2 * SUM_BYTES).equals(sumsOf(source, data));
    return isSound ? data : undefined;
  } catch {
    return undefined;
  }
}

function writeCache() {
  const data = script.createCachedData();
  writeFileSync(cacheFile, Buffer.concat([sumsOf(readFileSync(filename), data), data]));
}

function sumsOf(...parts) {
  return Buffer.concat(parts.map((part) => createHash('sha256').update(part).digest()));
}

/**
 * Stacks name the sources, by service.lines: for each line of the service the number of a source and
 * the line there, after their count; then the list of sources. It is read with the first stack that
 * somebody reads. A source map says the same and the columns, and costs 40 MB and a tenth of a second
 * as soon as an error is logged.
 */
function mapStacks() {
  let lines;
  Error.prepareStackTrace = (error, frames) => {
    const text = frames.map((frame) => {
      // oxlint-disable-next-line typescript/no-base-to-string -- V8 gives its frames a text of their own.
      const described = String(frame);
      if (frame.getFileName() !== filename) return `\n    at ${described}`;
      lines ??= readLines();
      const at = lines(frame.getLineNumber());
      const place = `${filename}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
      return `\n    at ${at === undefined ? described : described.replace(place, () => at)}`;
    });
    return `${headOf(error)}${text.join('')}`;
  };
}

/** Lines count from 1; the answer is undefined for those of no source. */
function readLines() {
  try {
    const table = readFileSync(join(folder, 'service.lines'));
    const count = table.readUInt32LE(0);
    const sources = JSON.parse(table.toString('utf8', 4 + 8 * count));
    return (line) => {
      if (!(line >= 1 && line <= count)) return undefined;
      const source = sources[table.readUInt32LE(8 * line - 4)];
      return source && `${resolve(folder, source)}:${table.readUInt32LE(8 * line)}`;
    };
  } catch {
    return () => undefined;
  }
}

function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}
