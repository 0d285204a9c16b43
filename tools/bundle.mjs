// Bundles one app from its compiled output: apps/<app>/bundle/{main.js, otel.mjs, package.json}.
// The bundle starts in half the CPU time and is what an image holds. package.json lists what stays
// outside: native addons, and drivers that tracing patches when they are required.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const project = process.argv[2];
if (project === undefined) throw new Error('usage: node tools/bundle.mjs apps/<app>');
const root = join(import.meta.dirname, '..');
const out = join(root, project, 'bundle');
const readJson = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const { dependencies, version } = readJson('package.json');
const { name } = readJson(project, 'package.json');

const DRIVERS = [
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@node-rs/crc32',
  'grpc-health-check',
  'pg',
  'zookeeper',
];
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

/**
 * Of packages the source map says the file alone, by one entry. Node reads a map when the first stack is
 * printed and keeps it: with every token of every package that held the event loop of each process for
 * half a second and 60 MiB for ever.
 */
const packagesByFile = {
  name: 'packages-by-file',
  setup(bundler) {
    bundler.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, ({ path }) => {
      const map = { version: 3, names: [], sources: [basename(path)], mappings: 'AAAA' };
      const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
      const contents = readFileSync(path, 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, '');
      return { contents: `${contents}\n//# sourceMappingURL=${url}`, loader: 'js' };
    });
  },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { metafile } = await build({
  entryPoints: [join(root, project, 'dist/main.js')],
  outfile: join(out, 'main.js'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  external: [...DRIVERS, ...TRACING],
  plugins: [optionalPeers, packagesByFile],
  define: { 'process.env.TALLY_VERSION': JSON.stringify(version) },
  // CommonJS packages inside an ES module ask for these.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      "import { dirname as __directory } from 'node:path';",
      "import { fileURLToPath as __fileOf } from 'node:url';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = __fileOf(import.meta.url), __dirname = __directory(__filename);',
    ].join(' '),
  },
  logLevel: 'warning',
});

const imported = new Set(
  Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  ),
);
const needed = [
  ...DRIVERS.filter((name) => imported.has(name) || name === '@grpc/proto-loader'),
  ...TRACING,
];
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
