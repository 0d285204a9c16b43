import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { bundlesWithout, CONTROLS } from './controls.js';

/** A protection that is written otherwise would leave its control without effect, until somebody runs it. */
describe('a control', () => {
  it.each(CONTROLS.map((control) => [control.name, control] as const))(
    '%s finds the protection that it takes away once in what is shipped',
    (_, control) => {
      const bundles = Object.values(bundlesWithout(control));
      expect(bundles).toHaveLength(1 + (control.alsoIn ?? []).length + (control.and ? 1 : 0));
      for (const bundle of bundles) expect(existsSync(join(bundle, 'main.js'))).toBe(true);
    },
  );
});
