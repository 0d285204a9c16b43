import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  DamagedLog,
  nodeFileSystem,
  partitionFolders,
  segmentFileName,
  segmentsIn,
  topicNames,
} from '@tally/segment-log';
import { endWithReader } from '../end-with-reader.js';
import { dumpSegment } from './dump.js';

const USAGE = `usage: tools/log-dump [options] FOLDER | SEGMENT...

Prints what is in segment files of the log: each batch with its position, offset, number of records,
size, time, codec, producer and CRC. FOLDER is that of a log (TALLY_LOG_DIR). Only reads; the log may be
running.

  --topic NAME     of FOLDER, only this topic
  --partition N    only this partition
  --from OFFSET    leaves out batches that end before it
  --records        also the records of batches that are not compressed
  --json           a JSON object per line
  --help           this text

Exit code: 0 all was read, 1 something could not be read, 2 wrong usage, 141 its
reader went before the end.`;

const { stdout, stderr } = process;
endWithReader();

function wrong(problem: string): never {
  stderr.write(`log-dump: ${problem}\n${USAGE.split('\n', 1)[0]}; --help says more\n`);
  process.exit(2);
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        topic: { type: 'string' },
        partition: { type: 'string' },
        from: { type: 'string', default: '0' },
        records: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = parsed();
if (values.help) {
  stdout.write(`${USAGE}\n`);
  process.exit(0);
}
if (positionals.length === 0) wrong('expected a folder or segment files');
if (!/^\d{1,19}$/.test(values.from)) wrong(`--from: expected an offset, got ${values.from}`);
if (values.partition !== undefined && !/^\d{1,9}$/.test(values.partition)) {
  wrong(`--partition: expected a number, got ${values.partition}`);
}

/** Segment files to read, in order. */
async function* segmentFiles(path: string): AsyncGenerator<string> {
  if (!statSync(path).isDirectory()) return yield path;
  for (const name of await topicNames(nodeFileSystem, path)) {
    if (values.topic !== undefined && values.topic !== name) continue;
    for (const { partition, folder } of await partitionFolders(nodeFileSystem, path, name)) {
      if (values.partition !== undefined && values.partition !== String(partition)) continue;
      for (const base of await segmentsIn(nodeFileSystem, folder)) {
        yield join(folder, segmentFileName(base));
      }
    }
  }
}

const options = {
  from: BigInt(values.from),
  withRecords: values.records,
  asJson: values.json,
};
try {
  for (const path of positionals) {
    for await (const file of segmentFiles(path)) {
      stdout.write(values.json ? `${JSON.stringify({ kind: 'segment', file })}\n` : `${file}\n`);
      for await (const line of dumpSegment(file, options)) {
        if (!stdout.write(`${line}\n`))
          await new Promise((resolve) => stdout.once('drain', resolve));
      }
    }
  }
} catch (error) {
  const isExpected = error instanceof DamagedLog || (error instanceof Error && 'code' in error);
  if (!isExpected) throw error;
  stderr.write(`log-dump: ${error.message}\n`);
  process.exitCode = 1;
}
