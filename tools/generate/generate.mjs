// Writes the generated part of libs/contracts: protobuf types and descriptors, Avro types.
// `node tools/generate/generate.mjs` writes; with --check it fails when what is committed differs.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import protobuf from 'protobufjs';
import { avroTypes } from './avro-types.mjs';

const root = join(import.meta.dirname, '../..');
const contracts = join(root, 'libs/contracts');
const committed = join(contracts, 'src/generated');

function buf(...args) {
  const bin = join(root, 'node_modules/@bufbuild/buf/bin/buf');
  return execFileSync('node', [bin, ...args], {
    cwd: contracts,
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function generate(target) {
  mkdirSync(join(target, 'avro'), { recursive: true });
  buf('lint');
  buf('generate', '--output', relative(contracts, target));
  writeFileSync(
    join(target, 'descriptors.ts'),
    '// Generated from proto/ by tools/generate. Do not edit.\n\n' +
      '/** All services and messages, as protobufjs writes a namespace in JSON. */\n' +
      `export const DESCRIPTORS: object = ${JSON.stringify(descriptors(), null, 1)};\n`,
  );
  for (const [name, schemas] of avroSchemas())
    writeFileSync(join(target, 'avro', `${name}.ts`), avroTypes(schemas, `avro/${name}.*.avsc`));
}

/** By name, then by id, ascending: `avro/<name>.<id>.avsc` is frozen once events were written with it. */
function avroSchemas() {
  const found = new Map();
  for (const file of readdirSync(join(contracts, 'avro'))) {
    const [, name, id] = /^([a-z-]+)\.([1-9]\d*)\.avsc$/.exec(file) ?? [];
    if (name === undefined) throw new Error(`expected avro/<name>.<id>.avsc, got ${file}`);
    const schema = JSON.parse(readFileSync(join(contracts, 'avro', file), 'utf8'));
    found.set(name, [...(found.get(name) ?? []), [Number(id), schema]]);
  }
  for (const [name, schemas] of found) found.set(name, new Map(schemas.sort(([a], [b]) => a - b)));
  return found;
}

function descriptors() {
  const proto = join(contracts, 'proto');
  const names = readdirSync(proto, { recursive: true }).filter((name) => name.endsWith('.proto'));
  const namespace = new protobuf.Root();
  namespace.resolvePath = (_origin, name) => join(proto, name);
  namespace.loadSync(
    names.toSorted((a, b) => (a < b ? -1 : 1)),
    { keepCase: false },
  );
  return namespace.toJSON();
}

function files(folder) {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  );
}

const fresh = mkdtempSync(join(tmpdir(), 'tally-generate-'));
try {
  generate(fresh);
  const [now, before] = [files(fresh), files(committed)];
  const stale = [...new Set([...now.keys(), ...before.keys()])].filter(
    (name) => now.get(name) !== before.get(name),
  );
  if (process.argv.includes('--check')) {
    if (stale.length > 0) {
      console.error(
        `Generated code is stale: ${stale.join(', ')}. Run: node tools/generate/generate.mjs`,
      );
      process.exitCode = 1;
    }
  } else {
    rmSync(committed, { recursive: true, force: true });
    for (const name of now.keys()) cpSync(join(fresh, name), join(committed, name));
    console.log(stale.length === 0 ? 'nothing changed' : `written: ${stale.join(', ')}`);
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
