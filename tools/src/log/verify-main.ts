import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeFileSystem, verifyLog } from '@tally/segment-log';
import { endWithReader } from '../end-with-reader.js';

const USAGE = `usage: tools/log-verify FOLDER

Reads every file of a log (TALLY_LOG_DIR) and checks it: CRCs, joins, indexes, marks. A line per finding:
the file, and what is wrong. Only reads; the log may be running, and what it is writing is no finding.
What to do about findings: docs/runbooks/damaged-log.md.

Exit code: 0 nothing was found, 1 something was found or cannot be read, 2 wrong usage, 141
its reader went before the end.`;

const { stdout, stderr } = process;
endWithReader();

function parsed(): { readonly folder: string | undefined; readonly isHelp: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { help: { type: 'boolean', default: false } },
    });
    const [folder, ...more] = positionals;
    return { folder: more.length === 0 ? folder : undefined, isHelp: values.help };
  } catch {
    return { folder: undefined, isHelp: false };
  }
}

const { folder, isHelp } = parsed();
if (isHelp) {
  stdout.write(`${USAGE}\n`);
} else if (folder === undefined || !isFolder(join(folder, 'topics'))) {
  stderr.write(`log-verify: expected the folder of a log\n${USAGE.split('\n', 1)[0]}\n`);
  process.exitCode = 2;
} else {
  let [findings, segments, records, bytes] = [0, 0, 0n, 0];
  try {
    const checked = verifyLog(nodeFileSystem, folder, (segment) => {
      segments += 1;
      records += segment.records;
      bytes += segment.bytes;
    });
    for await (const { file, text } of checked) {
      findings += 1;
      stdout.write(`${file}: ${text}\n`);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    findings += 1;
    stderr.write(`log-verify: ${error.message}\n`);
  }
  stdout.write(
    `${records} records of ${bytes} bytes in ${segments} segments, ${findings} findings\n`,
  );
  if (findings > 0) process.exitCode = 1;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
