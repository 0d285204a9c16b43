import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, MINUTE_MS } from '@tally/contracts';
import { differences, figuresOf, table } from './figures.js';
import { readFlights } from './flights.js';
import { readFigures, readFiguresAsOf, type ReaderOptions } from './reader.js';
import { sendFlights } from './send-flights.js';

/** Beside the journals of other imports. */
const JOURNAL_FILE = 'imports/flights-20k.journal';
/** The flush interval, the skew of clocks, and a busy machine. */
const COUNTED_WITHIN_MS = MINUTE_MS;
const ROWS_SHOWN = 10;

/** Where Tally is, and who watches. */
export interface ShowFlightsOptions {
  readonly gateway: string;
  /** Key of the public API; empty when it is open. */
  readonly apiKey: string;
  /** Where the journal is kept. */
  readonly dir: string;
  readonly report: (line: string) => void;
  readonly now?: () => number;
}

/**
 * Streams 20 000 real flights through the public API, reads all airports back in one question and
 * compares every figure with the file. Throws when one differs. May be run again and again.
 */
export async function showFlights(options: ShowFlightsOptions): Promise<void> {
  const { gateway, apiKey, dir, report, now = Date.now } = options;
  const target = { gateway, apiKey };
  const flights = readFlights();
  const expected = figuresOf(flights);
  const times = flights.map(({ time }) => time);
  const day = (time: number) => new Date(Math.floor(time / DAY_MS) * DAY_MS).toISOString();
  const question: ReaderOptions = {
    target,
    airports: [...expected.keys()].sort(),
    from: day(Math.min(...times)),
    to: day(Math.max(...times) + DAY_MS),
  };
  const journalFile = join(dir, JOURNAL_FILE);
  if (!existsSync(journalFile)) await assertNothingCounted(question);
  const { sent, before, isInDoubt } = await sendFlights(flights, target, { journalFile, report });
  report(
    before === flights.length
      ? `All ${before} flights are in already.`
      : `Sent ${sent} flights${before > 0 ? `; ${before} were in already` : ''}.`,
  );
  const counted = await readFiguresAsOf(question, now(), COUNTED_WITHIN_MS);
  report(table(counted, expected, ROWS_SHOWN));
  const wrong = differences(counted, expected);
  if (wrong.length > 0)
    throw new Error(
      `${wrong.length} figures differ from the file${isInDoubt ? ' (some flights are in doubt: begin anew with --fresh)' : ''}: ${wrong.slice(0, 5).join('; ')}`,
    );
  report(`All figures of ${expected.size} airports are equal to those of the file.`);
}

/** Without a journal nobody knows which flights were sent: sending all could count some twice. */
async function assertNothingCounted(question: ReaderOptions): Promise<void> {
  const counted = [...(await readFigures(question)).values()];
  const count = counted.reduce((sum, figures) => sum + figures.count, 0);
  if (count > 0)
    throw new Error(
      `${count} flights are counted already, but the journal of what was sent is gone; begin anew with --fresh`,
    );
}
