import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { withoutUser, withUser } from './users-text.js';

const USAGE = `Usage: tools/log-user FILE NAME < PASSWORD     a user of the log, or another password for it
       tools/log-user --remove FILE NAME

FILE is what TALLY_KAFKA_SASL_FILE names. It holds keys made of the passwords, not the passwords. The
password is read from the standard input, without the line end. The log sees the change at the next login.
`;

const args = process.argv.slice(2);
const isRemoval = args[0] === '--remove';
const [file, name, ...more] = isRemoval ? args.slice(1) : args;
if (file === undefined || name === undefined || more.length > 0 || file.startsWith('-')) {
  process.stderr.write(USAGE);
  process.exit(2);
}

const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
const after = isRemoval
  ? withoutUser(before, name)
  : await withUser(before, name, await readPassword());
// As a whole, so that the log never reads half of it, and for its owner alone.
writeFileSync(`${file}.new`, after, { mode: 0o600 });
renameSync(`${file}.new`, file);

async function readPassword(): Promise<string> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password !== '') return password;
  process.stderr.write('expected a password on the standard input\n');
  return process.exit(2);
}
