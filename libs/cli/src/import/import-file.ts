import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { deliver } from '@tally/client';
import { Journal } from '@tally/client/journal';
import type { Outlet, Screen, Source } from '../verb.js';
import { Chain } from './chain.js';
import { recordsOf } from './formats.js';
import { ImportProblem } from './import-problem.js';
import { Importer } from './importer.js';
import { openInput } from './input.js';
import type { Options } from './options.js';
import { Progress } from './progress.js';

/** Where an import reads that names no file, and writes: results on `out`, the rest on `screen`. */
export interface Outlets {
  readonly stdin: Source;
  readonly out: Outlet;
  readonly screen: Screen;
  /** Where journals are kept that the user did not name. */
  readonly journalDir: string;
}

const EVENTS_PREVIEWED = 10;

/** Imports one input; false when not every readable record of it is in. ImportProblem. */
export async function importFile(
  name: string,
  options: Options,
  { stdin, out, screen, journalDir }: Outlets,
): Promise<boolean> {
  const input = await openInput(name, stdin);
  const progress = new Progress(input.name, screen);
  const importer = new Importer(options, {
    openJournal: (firstId) => openJournal(firstId, options, journalDir),
    deliver: (events) => deliver(events, options),
    onUnreadable: (line, reason) => progress.onUnreadable(line, reason),
    onRejected: (line, why) => progress.onRejected(line, why),
    onProgress: (figures) => progress.show(figures, input.progress()),
    report: (line) => progress.say(line),
  });
  try {
    const { lines, unreadable, before, sent, rejected, doubtful } = await importer.run(
      recordsOf(input, options, (title) => progress.say(`${input.name} is read as ${title}`)),
    );
    if (lines > 0 && unreadable > 0 && sent + rejected + before === 0)
      throw new ImportProblem(`${input.name}: not one line is an event; is --format right?`);
    return rejected === 0 && doubtful.isEmpty;
  } finally {
    out.write(`${progress.summary(importer.figures)}\n`);
  }
}

/** Shows the first events of an input; sends and notes nothing. */
export async function previewFile(
  name: string,
  options: Options,
  { stdin, out, screen }: Omit<Outlets, 'journalDir'>,
): Promise<void> {
  const input = await openInput(name, stdin);
  const progress = new Progress(input.name, screen);
  const chain = new Chain(options.source, options.type);
  const onSeen = (title: string) => progress.say(`${input.name} is read as ${title}`);
  let [line, shown] = [0, 0];
  for await (const record of recordsOf(input, options, onSeen)) {
    line += 1;
    chain.add(record.content);
    const reading = record.read(chain.id);
    if (reading.kind === 'unreadable') progress.onUnreadable(line, reading.reason);
    if (reading.kind !== 'event') continue;
    out.write(`${reading.json}\n`);
    shown += 1;
    if (shown === EVENTS_PREVIEWED) break;
  }
}

function openJournal(
  input: string,
  { journal, gatewayName: gateway, isAgain }: Options,
  dir: string,
): Journal {
  const name = createHash('sha256').update(`${input}\0${gateway}`).digest('hex').slice(0, 32);
  return new Journal(journal ?? join(dir, `${name}.journal`), { input, gateway }, isAgain);
}
