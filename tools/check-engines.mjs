// Names every package of the lock that does not run on the Node we promise: `engines` of package.json.
// npm itself only warns of it, and only whoever installs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import semver from 'semver';

const root = join(import.meta.dirname, '..');
const [file = join(root, 'package-lock.json')] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const promised = semver.minVersion(read(join(root, 'package.json')).engines.node).version;
const refusals = Object.entries(read(file).packages)
  .filter(([, { engines }]) => !semver.satisfies(promised, engines?.node ?? '*'))
  .map(([folder, { version, engines }]) => `  ${folder} ${version} wants Node ${engines.node}`);
if (refusals.length > 0) {
  console.error(`expected packages that run on Node ${promised}, got:\n${refusals.join('\n')}`);
  console.error('Choose an older version, in "overrides" of package.json if another package asks.');
  process.exit(1);
}
