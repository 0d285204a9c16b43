import { JournalProblem } from '@tally/client/journal';
import { join } from 'node:path';
import type { Verb } from '../verb.js';
import { importFile, previewFile } from './import-file.js';
import { ImportProblem } from './import-problem.js';
import { STDIN } from './input.js';
import { parseCommand, USAGE } from './options.js';

const WAITING =
  'import: no FILE is named, so lines are read from this terminal up to Ctrl-D; Ctrl-C ends it, tally import FILE reads a file';

/** `tally import`: counts the records of files. */
export const importVerb: Verb = {
  name: 'import',
  summary: 'counts access logs, NDJSON or CSV, each record once',
  async run(args, { env, stdin, out, screen, home }) {
    const command = parseCommand(args, env, join(home, 'addresses.json'));
    switch (command.kind) {
      case 'help':
        out.write(`${USAGE}\n`);
        return 0;
      case 'wrong':
        screen.write(`import: ${command.problem}\n${USAGE.split('\n', 1)[0]}; --help says more\n`);
        return 2;
      case 'import': {
        const { options } = command;
        const outlets = { stdin, out, screen, journalDir: join(home, 'imports') };
        let exitCode = 0;
        try {
          for (const name of options.inputs) {
            if (name === STDIN && stdin.isTTY === true) screen.write(`${WAITING}\n`);
            if (options.isDryRun) await previewFile(name, options, outlets);
            else if (!(await importFile(name, options, outlets))) exitCode = 1;
          }
        } catch (error) {
          if (!(error instanceof ImportProblem || error instanceof JournalProblem)) throw error;
          screen.write(`import: ${error.message}\n`);
          exitCode = 1;
        }
        return exitCode;
      }
    }
  },
};
