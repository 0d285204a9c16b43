// Prints "<passed> <failed> <projects with failures>" of one kind of test, from what tools/jest wrote;
// then, for each test that failed, where it stands, its name and what it said first.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const [kind] = process.argv.slice(2);
const root = join(import.meta.dirname, '..');
const below = (folder) => readdirSync(join(root, folder)).map((name) => join(folder, name));
const projects = [...below('apps'), ...below('libs'), 'tools', 'tests'];

let passed = 0;
let failed = 0;
const failing = [];
const stories = [];
/** Lines of a failure: what was expected and what came stands at its beginning. */
const LINES = 12;
for (const project of projects) {
  const file = join(root, project, 'test-results', `${kind}.json`);
  if (!existsSync(file)) continue;
  const results = JSON.parse(readFileSync(file, 'utf8'));
  passed += results.numPassedTests;
  // A file that cannot even be loaded holds no failed test, and is a failure.
  const bad = results.numFailedTests + results.numRuntimeErrorTestSuites;
  failed += bad;
  if (bad > 0) failing.push(project);
  for (const { name: file, message, assertionResults } of results.testResults) {
    const tests = assertionResults.filter(({ status }) => status === 'failed');
    for (const { fullName, failureMessages } of tests)
      stories.push(story(file, fullName, failureMessages.join('\n')));
    if (tests.length === 0 && assertionResults.length === 0 && message !== '')
      stories.push(story(file, 'does not load', message));
  }
}
console.log(passed, failed, ...failing);
for (const line of stories.flat()) console.log(line);

function story(file, name, message) {
  const said = stripVTControlCharacters(message).split('\n').slice(0, LINES);
  return [`${relative(root, file)}: ${name}`, ...said.map((line) => `    ${line.slice(0, 200)}`)];
}
