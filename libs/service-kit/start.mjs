// Becomes main.js of a bundle: runs service.cjs beside it. What V8 made of it when it was bundled lies
// in service.cache, so that nothing is parsed or compiled again; a cache that is missing, damaged, of
// another build or refused by this V8 makes the start slower and nothing else.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire, SourceMap } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { constants, Script } from 'node:vm';

const folder = import.meta.dirname;
const filename = join(folder, 'service.cjs');
const cacheFile = join(folder, 'service.cache');
/** A cache begins with the SHA-256 of the source that it is for, and that of all that follows. */
const SUM_BYTES = 32;

const bytes = readFileSync(filename);
// As the bundler writes it: one byte for a character, in memory too.
const source = bytes.latin1Slice();
const script = new Script(
  `(function (exports, require, module, __filename, __dirname) {${source}\n})`,
  {
    filename,
    cachedData: readCache(),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  },
);
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

/** V8 itself compares its version, its flags and the length of the source, and believes the bytes. */
function readCache() {
  try {
    const cache = readFileSync(cacheFile);
    const data = cache.subarray(2 * SUM_BYTES);
    const isSound = cache.subarray(0, 2 * SUM_BYTES).equals(sumsOf(data));
    return isSound ? data : undefined;
  } catch {
    return undefined;
  }
}

function writeCache() {
  const data = script.createCachedData();
  writeFileSync(cacheFile, Buffer.concat([sumsOf(data), data]));
}

function sumsOf(data) {
  return Buffer.concat([bytes, data].map((part) => createHash('sha256').update(part).digest()));
}

/**
 * Stacks name the sources. The map is read with the first stack that somebody reads: Node's own
 * --enable-source-maps would read it, and those of all packages, at each start.
 */
function mapStacks() {
  let map;
  const place = new RegExp(`${escaped(filename)}:(\\d+):(\\d+)`);
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map((frame) => {
      // oxlint-disable-next-line typescript/no-base-to-string -- V8 gives its frames a text of their own.
      const text = String(frame);
      if (frame.getFileName() !== filename) return `\n    at ${text}`;
      map ??= readMap();
      const { originalSource, originalLine, originalColumn } = map.findEntry(
        frame.getLineNumber() - 1,
        frame.getColumnNumber() - 1,
      );
      if (originalSource === undefined) return `\n    at ${text}`;
      const at = `${resolve(dirname(filename), originalSource)}:${originalLine + 1}:${originalColumn + 1}`;
      return `\n    at ${text.replace(place, () => at)}`;
    });
    return `${headOf(error)}${lines.join('')}`;
  };
}

function readMap() {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${filename}.map`, 'utf8')));
  } catch {
    return { findEntry: () => ({}) };
  }
}

function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
