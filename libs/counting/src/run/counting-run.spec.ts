import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { RunPlayer } from '../../test/scenario/run-player.js';
import { formatScenario, parseScenario } from '../../test/scenario/scenario-file.js';

const FOLDER = fileURLToPath(new URL('../../test/scenarios/', import.meta.url));
/** After a change that is meant: writes what the run says now into the files, to be read as a diff. */
const isRewriting = process.env['REWRITE_SCENARIOS'] === '1';

describe('a counting run', () => {
  it.each(readdirSync(FOLDER).map((file) => [file.replace('.txt', '').replaceAll('-', ' '), file]))(
    '%s',
    (_, file) => {
      const text = readFileSync(`${FOLDER}${file}`, 'utf8');
      const { steps, rest } = parseScenario(text);
      const player = new RunPlayer();
      const played = steps.map(({ preface, event }) => ({
        preface,
        event,
        said: player.play(event),
      }));
      const now = formatScenario({ steps: played, rest });
      if (isRewriting) writeFileSync(`${FOLDER}${file}`, now);
      expect(now).toBe(text);
    },
  );
});
