import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '@tally/tools';
import { changedBundle, CONTROLS } from './controls.js';

/** A protection that is written otherwise would leave its control without effect, until somebody runs it. */
describe('a control', () => {
  it.each(CONTROLS.map((control) => [control.name, control] as const))(
    '%s finds the protection that it takes away once in what is shipped',
    (_, control) => {
      expect(existsSync(join(ROOT, 'apps', control.app, 'bundle/main.js'))).toBe(true);
      expect(existsSync(join(changedBundle(control), 'main.js'))).toBe(true);
    },
  );
});
