import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './root.js';
import { APPS } from './topology.js';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const sorted = (names: Iterable<string>) => [...names].sort((a, b) => a.localeCompare(b));
/** What the first group of the pattern finds in each line of a file. */
const named = (file: string, pattern: RegExp) =>
  sorted([...read(file).matchAll(pattern)].map(([, name = '']) => name));

/** A service that one of them forgets would be neither started nor shipped nor anybody's. */
describe('every folder of apps/', () => {
  const apps = sorted(readdirSync(join(ROOT, 'apps')));

  it('is started by the stack', () => {
    expect(sorted(APPS)).toEqual(apps);
  });

  it('has an image', () => {
    expect(named('Dockerfile', /^FROM runtime AS ([a-z-]+)$/gm)).toEqual(apps);
    expect(named('k8s/overlays/dev/kustomization.yaml', /name: tally\/([a-z-]+),/g)).toEqual(apps);
  });

  it('has an owner', () => {
    expect(named('.github/CODEOWNERS', /^\/apps\/([a-z-]+)\/ /gm)).toEqual(apps);
  });
});
