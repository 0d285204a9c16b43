// Prints "<passed> <failed> <projects with failures>" of one kind of test, from what tools/jest wrote.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [kind] = process.argv.slice(2);
const root = join(import.meta.dirname, '..');
const below = (folder) => readdirSync(join(root, folder)).map((name) => join(folder, name));
const projects = [...below('apps'), ...below('libs'), 'tools', 'tests'];

let passed = 0;
let failed = 0;
const failing = [];
for (const project of projects) {
  const file = join(root, project, 'test-results', `${kind}.json`);
  if (!existsSync(file)) continue;
  const results = JSON.parse(readFileSync(file, 'utf8'));
  passed += results.numPassedTests;
  // A file that cannot even be loaded holds no failed test, and is a failure.
  const bad = results.numFailedTests + results.numRuntimeErrorTestSuites;
  failed += bad;
  if (bad > 0) failing.push(project);
}
console.log(passed, failed, ...failing);
