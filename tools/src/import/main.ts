import { join } from 'node:path';
import { importFile, previewFile } from './import-file.js';
import { parseCommand, USAGE } from './options.js';
import { ImportProblem } from './reading.js';

const dir = join(import.meta.dirname, '../../../.tally');
const { stdout: out, stderr: screen } = process;
const command = parseCommand(process.argv.slice(2), process.env, join(dir, 'addresses.json'));

switch (command.kind) {
  case 'help':
    out.write(`${USAGE}\n`);
    break;
  case 'wrong':
    screen.write(`import: ${command.problem}\n${USAGE.split('\n', 1)[0]}; --help says more\n`);
    process.exitCode = 2;
    break;
  case 'import': {
    const { options } = command;
    const outlets = { out, screen, journalDir: join(dir, 'imports') };
    try {
      for (const name of options.inputs)
        if (options.isDryRun) await previewFile(name, options, outlets);
        else if (!(await importFile(name, options, outlets))) process.exitCode = 1;
    } catch (error) {
      if (!(error instanceof ImportProblem)) throw error;
      screen.write(`import: ${error.message}\n`);
      process.exitCode = 1;
    }
  }
}
