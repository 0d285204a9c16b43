#!/usr/bin/env node
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runTally } from './tally.js';

const { env, stdin, stdout: out, stderr: screen } = process;
const home = env['TALLY_HOME'] || join(homedir(), '.tally');
// As a command that SIGPIPE ends, once its reader has seen enough; what was sent is in the journal.
out.on('error', () => process.exit(141));
process.exitCode = await runTally(process.argv.slice(2), {
  env,
  out,
  screen,
  stdin,
  home,
});
