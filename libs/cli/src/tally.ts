import { importVerb } from './import/import-verb.js';
import type { Surroundings, Verb } from './verb.js';

/** Another verb is a file of its own and a word here. */
const VERBS: readonly Verb[] = [importVerb];

const USAGE = `usage: tally VERB [options]

${VERBS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

tally VERB --help says more.`;

/** Does what a command line asks for; resolves with the exit code, 2 for wrong usage. */
export async function runTally(
  [name, ...args]: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { out, screen } = surroundings;
  if (name === '--help') {
    out.write(`${USAGE}\n`);
    return 0;
  }
  const verb = VERBS.find((each) => each.name === name);
  if (verb !== undefined) return verb.run(args, surroundings);
  const problem = name === undefined ? 'expected a verb' : `expected a verb, got ${name}`;
  screen.write(`tally: ${problem}\n${USAGE}\n`);
  return 2;
}
