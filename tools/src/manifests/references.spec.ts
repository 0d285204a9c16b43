import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Objects } from './objects.js';
import { checkReferences } from './references.js';
import { render } from './render.js';

const ROOT = join(import.meta.dirname, '../../..');

describe('settings that are changed', () => {
  const text = JSON.stringify(render(join(ROOT, 'k8s/overlays/dev')));

  it.each(['ConfigMap tally', 'ConfigMap zookeeper', 'Secret gateway-keys'])(
    'restart who reads them: %s has to have a name that changes too',
    (reference) => {
      const [, name = ''] = reference.split(' ');
      const kept = text.replaceAll(new RegExp(`"${name}-[a-z0-9]{10}"`, 'g'), `"${name}"`);
      const problems = checkReferences(JSON.parse(kept) as Objects);
      expect(problems.length).toBeGreaterThan(0);
      for (const problem of problems)
        expect(problem).toContain(`${reference}: expected one of a generator of the overlay`);
      expect(checkReferences(JSON.parse(text) as Objects)).toEqual([]);
    },
  );
});
