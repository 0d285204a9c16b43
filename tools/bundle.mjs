// Bundles one app from its compiled output: apps/<app>/bundle/{main.js, service.cjs, service.cache,
// service.lines, otel.mjs, package.json}. The bundle starts in a fraction of the CPU time and is what an image holds:
// main.js runs service.cjs, with what V8 has compiled of it before. package.json lists what stays
// outside: native addons, and drivers that tracing patches when they are required.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { build, transform } from 'esbuild';

const project = process.argv[2];
if (project === undefined) throw new Error('usage: node tools/bundle.mjs apps/<app>');
const root = join(import.meta.dirname, '..');
const out = join(root, project, 'bundle');
const readJson = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const { dependencies, version } = readJson('package.json');
const { name } = readJson(project, 'package.json');

/** Tracing patches these when they are required: they are read from node_modules then, else bundled. */
const TRACED = ['@grpc/grpc-js', 'pg'];
/** With native parts. Of the second all else is bundled. */
const NATIVE = ['@node-rs/crc32', 'zookeeper', 'lmdb'];
/** What packages read beside themselves when they are loaded, and where it lies for a bundle. */
const MOVED = [
  {
    file: /\/grpc-health-check\/build\/src\/health\.js$/,
    from: '`${__dirname}/../../proto`',
    to: '`${__dirname}/proto`',
  },
  {
    file: /\/zookeeper\/lib\/(zookeeper|constants)\.js$/,
    from: 'require("node-gyp-build")(join(__dirname, ".."))',
    to: '__outside("node-gyp-build")(join(__outside.resolve("zookeeper/package.json"), ".."))',
  },
];
/** For lines that the bundler added. */
const NO_SOURCE = 0xffffffff;
/** Nothing listens there. */
const NOBODY = '127.0.0.1:1';
/** Some services wait for others before they say that they have started. */
const PATIENCE_MS = 3000;
/** V8 takes only a cache that was made with the same options of its own. */
const NODE_OPTIONS = [];
const TRACING = Object.keys(dependencies).filter((name) => name.startsWith('@opentelemetry/'));

/** Nest offers to load many packages that none of our services has: those stay what they are, absent. */
const optionalPeers = {
  name: 'optional-peers',
  setup(bundler) {
    bundler.onResolve({ filter: /^[@a-z]/ }, async ({ path, importer, pluginData, ...rest }) => {
      if (pluginData === optionalPeers || !importer.includes('/node_modules/')) return undefined;
      const { kind, resolveDir } = rest;
      const found = await bundler.resolve(path, {
        importer,
        kind,
        resolveDir,
        pluginData: optionalPeers,
      });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** Two ways to a driver; which one, otel.mjs has decided before. */
const tracedDrivers = {
  name: 'traced-drivers',
  setup(bundler) {
    const names = new RegExp(`^(${TRACED.join('|')})$`);
    bundler.onResolve({ filter: names }, ({ path, namespace }) =>
      namespace === 'traced' ? undefined : { path, namespace: 'traced' },
    );
    bundler.onLoad({ filter: names, namespace: 'traced' }, ({ path }) => ({
      contents: `module.exports = globalThis[Symbol.for('tally.tracing')] === undefined ? require(${JSON.stringify(path)}) : __outside(${JSON.stringify(path)});`,
      resolveDir: root,
    }));
  },
};

/** Looks elsewhere for what a package expects beside itself. */
const movedFiles = {
  name: 'moved-files',
  setup(bundler) {
    for (const { file, from, to } of MOVED)
      bundler.onLoad({ filter: file }, ({ path }) => {
        const contents = readFileSync(path, 'utf8');
        if (!contents.includes(from)) throw new Error(`${path}: expected ${from}, got none`);
        return { contents: contents.replace(from, () => to) };
      });
  },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const service = join(out, 'service.cjs');
const { metafile } = await build({
  entryPoints: [join(root, project, 'dist/main.js')],
  outfile: service,
  bundle: true,
  platform: 'node',
  // A script, not a module: V8's cache can be given to those alone.
  format: 'cjs',
  target: 'node20.19',
  // Of a script that comes from V8's cache Node does not know what it imports later: it is required.
  supported: { 'dynamic-import': false },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  external: ['@node-rs/crc32', 'lmdb'],
  plugins: [tracedDrivers, movedFiles, optionalPeers],
  banner: {
    js: '(function (exports, require, module, __filename, __dirname) {const __outside = require;',
  },
  footer: { js: '})' },
  define: { 'process.env.TALLY_VERSION': JSON.stringify(version) },
  logLevel: 'warning',
});

const bundled = Object.keys(metafile.inputs);
const isUsed = (name) =>
  bundled.some((input) => input === `traced:${name}` || input.includes(`node_modules/${name}/`)) ||
  Object.values(metafile.outputs).some(({ imports }) => imports.some(({ path }) => path === name));
const needed = [...TRACED, ...NATIVE].filter(isUsed).concat(TRACING);
writeFileSync(
  join(out, 'package.json'),
  `${JSON.stringify(
    {
      name,
      version,
      private: true,
      type: 'module',
      dependencies: Object.fromEntries(needed.map((name) => [name, dependencies[name]])),
    },
    null,
    2,
  )}\n`,
);
copyFileSync(join(root, 'libs/service-kit/otel.mjs'), join(out, 'otel.mjs'));
copyFileSync(join(root, 'libs/service-kit/start.mjs'), join(out, 'main.js'));
cpSync(join(root, 'node_modules/grpc-health-check/proto'), join(out, 'proto'), { recursive: true });
await keepLatin1();
writeLines();
await makeCache();

/**
 * Latin-1 takes half the memory, in each process. Characters that it does not have stand in comments,
 * and are no loss.
 */
async function keepLatin1() {
  const source = readFileSync(service, 'utf8');
  const latin1 = source.replace(/[^\0-\xff]/g, '?');
  const [before, after] = await Promise.all(
    [source, latin1].map((code) =>
      transform(code, { minifyWhitespace: true, legalComments: 'none' }),
    ),
  );
  if (before.code !== after.code)
    throw new Error(`${service}: expected characters beyond Latin-1 in comments alone`);
  writeFileSync(service, latin1, 'latin1');
}

/** What start.mjs reads to name the sources in stacks, see there. */
function writeLines() {
  const { mappings, sources } = JSON.parse(readFileSync(`${service}.map`, 'utf8'));
  const lines = firstPlaces(mappings);
  const table = Buffer.alloc(4 + 8 * lines.length);
  table.writeUInt32LE(lines.length, 0);
  for (const [index, [source, line]] of lines.entries()) {
    table.writeUInt32LE(source, 4 + 8 * index);
    table.writeUInt32LE(line, 8 + 8 * index);
  }
  writeFileSync(
    join(out, 'service.lines'),
    Buffer.concat([table, Buffer.from(JSON.stringify(sources))]),
  );
}

/** The source and its line, from 1, where each line begins (ECMA-426: numbers are differences, in base 64). */
function firstPlaces(mappings) {
  const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let [source, line] = [0, 0];
  return mappings.split(';').map((segments) => {
    let first;
    for (const segment of segments === '' ? [] : segments.split(',')) {
      const numbers = [];
      let [value, shift] = [0, 0];
      for (const digit of segment) {
        const bits = DIGITS.indexOf(digit);
        value += (bits & 31) << shift;
        shift += 5;
        if (bits >= 32) continue;
        numbers.push(value & 1 ? -(value >> 1) : value >> 1);
        [value, shift] = [0, 0];
      }
      if (numbers.length < 4) continue;
      source += numbers[1];
      line += numbers[2];
      first ??= [source, line + 1];
    }
    return first ?? [NO_SOURCE, 0];
  });
}

/**
 * Starts the service once with nobody to talk to, and lets it write down what V8 has compiled until it
 * says that it has started, or waits for others in vain.
 */
async function makeCache() {
  const folder = mkdtempSync(join(tmpdir(), 'tally-bundle-'));
  const [admin, public_, grpc, kafka] = await Promise.all([1, 2, 3, 4].map(freePort));
  const child = spawn(process.execPath, [...NODE_OPTIONS, join(out, 'main.js'), '--make-cache'], {
    cwd: out,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      TALLY_INSTANCE: 'bundled',
      TALLY_ADMIN_PORT: admin,
      TALLY_PORT: public_,
      TALLY_GRPC_PORT: grpc,
      TALLY_KAFKA_PORT: kafka,
      TALLY_ZOOKEEPER: NOBODY,
      KAFKA_BROKERS: NOBODY,
      TALLY_SHARD: '0',
      TALLY_SHARDS: '1',
      TALLY_SHARD_URL: `postgres://${NOBODY}/nobody`,
      TALLY_LOG_DIR: folder,
    },
  });
  const patience = setTimeout(() => child.send('enough'), PATIENCE_MS);
  const lines = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line.includes('"msg":"started"') && child.connected) child.send('enough');
  }
  if (child.exitCode === null) await once(child, 'exit');
  clearTimeout(patience);
  rmSync(folder, { recursive: true, force: true });
  if (child.exitCode === 0 && existsSync(join(out, 'service.cache'))) return;
  throw new Error(`${project} did not start to be bundled:\n${lines.join('\n')}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
}
