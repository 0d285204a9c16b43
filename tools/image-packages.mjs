// Fills the folder of one image: the bundle of an app, and below node_modules exactly what its
// package.json names and what that needs in turn, as package-lock.json has it installed at the root.
//   node tools/image-packages.mjs apps/<app> <folder>
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [app, folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('usage: node tools/image-packages.mjs apps/<app> <folder>');
const root = join(import.meta.dirname, '..');
const readJson = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const { packages } = readJson('package-lock.json');

/** Read by people and compilers alone, and the sources of what is compiled already. */
const NEEDLESS =
  /\.(md|map|d\.[cm]?ts)$|\/node_modules\/(zookeeper|lmdb)\/(deps|dependencies|src|tests|examples)$/;

/** The entry of the lock that `name` means in the folder `from`, as Node looks it up. */
function find(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const key = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[key] !== undefined) return key;
    if (at === '') return undefined;
  }
}

const needed = new Set();
function need(from, name, optional) {
  const key = find(from, name);
  if (key === undefined || !existsSync(join(root, key))) {
    if (optional) return;
    throw new Error(`${name}, needed by ${from || app}, is not installed: run npm ci`);
  }
  if (needed.has(key)) return;
  needed.add(key);
  const entry = packages[key];
  const { version } = readJson(key, 'package.json');
  if (version !== entry.version)
    throw new Error(`${key}: expected ${entry.version} as locked, ${version} is installed`);
  for (const dependency of Object.keys(entry.dependencies ?? {}))
    need(key, dependency, entry.optionalDependencies?.[dependency] !== undefined);
  for (const dependency of Object.keys(entry.optionalDependencies ?? {}))
    need(key, dependency, true);
  for (const dependency of Object.keys(entry.peerDependencies ?? {}))
    need(key, dependency, entry.peerDependenciesMeta?.[dependency]?.optional === true);
}

const { dependencies } = readJson(app, 'bundle/package.json');
for (const [name, version] of Object.entries(dependencies)) {
  const locked = packages[`node_modules/${name}`]?.version;
  if (locked !== version) throw new Error(`${name}: expected ${version}, ${locked} is locked`);
  need('', name, false);
}

mkdirSync(folder, { recursive: true });
cpSync(join(root, app, 'bundle'), folder, { recursive: true });
for (const key of needed) {
  const source = join(root, key);
  cpSync(source, join(folder, key), {
    recursive: true,
    // Packages below this one are in the list when they are needed.
    filter: (path) => !NEEDLESS.test(path) && (path === source || !path.endsWith('/node_modules')),
  });
}
console.log(`${folder}: ${needed.size} packages`);
