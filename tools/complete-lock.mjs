// Run after every `npm install`: node tools/complete-lock.mjs
// A registry that lacks some platform-only optional packages makes `npm install` leave them out of
// package-lock.json without a word, and then `npm ci` refuses the lock. This adds the entries that a
// full registry would give: the exact version that the parent names, os and cpu read off the name.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const packages = lock.packages;

/** The entry that `name` resolves to from the folder `from`, as Node looks it up. */
function resolve(from, name) {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const key = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[key] !== undefined) return key;
    if (folder === '') return undefined;
  }
}

const added = [];
for (const [folder, entry] of Object.entries({ ...packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!/^\d+\.\d+\.\d+\S*$/.test(version) || resolve(folder, name) !== undefined) continue;
    const os = /darwin|win32|linux|freebsd|android|openharmony|aix|sunos|netbsd|openbsd/.exec(
      name,
    )?.[0];
    const cpu = /arm64|aarch64|x64|ia32|arm|ppc64|riscv64|s390x|loong64|mips64el|wasm32/.exec(
      name,
    )?.[0];
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu === undefined ? {} : { cpu: [cpu === 'aarch64' ? 'arm64' : cpu] }),
      ...(entry.dev === true ? { dev: true } : {}),
      optional: true,
      ...(os === undefined ? {} : { os: [os] }),
    };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${added.length} entries${added.map((entry) => `\n  ${entry}`).join('')}`);
