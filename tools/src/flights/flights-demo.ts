import { join } from 'node:path';
import { differences, figuresOf, table } from './figures.js';
import { readFlights } from './flights.js';
import { Journal } from './journal.js';
import { readFigures, readFiguresAsOf, type ReaderOptions } from './reader.js';
import { sendFlights } from './sender.js';

export const JOURNAL_FILE = 'flights-20k.journal';
const DAY_MS = 86_400_000;
/** The flush interval, the skew of clocks, and a busy machine. */
const COUNTED_WITHIN_MS = 60_000;
const ROWS_SHOWN = 10;

export interface FlightsDemoOptions {
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
export async function showFlights(options: FlightsDemoOptions): Promise<void> {
  const { gateway, apiKey, dir, report, now = Date.now } = options;
  const headers: Record<string, string> =
    apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };
  const flights = readFlights();
  const expected = figuresOf(flights);
  const times = flights.map(({ time }) => time);
  const day = (time: number) => new Date(Math.floor(time / DAY_MS) * DAY_MS).toISOString();
  const question: ReaderOptions = {
    gateway,
    headers,
    airports: [...expected.keys()].sort(),
    from: day(Math.min(...times)),
    to: day(Math.max(...times) + DAY_MS),
  };
  const journal = new Journal(join(dir, JOURNAL_FILE));
  try {
    if (journal.isEmpty) await assertNothingCounted(question);
    const { sent, before, doubtful } = await sendFlights(flights, {
      gateway,
      headers,
      journal,
      now,
      report,
    });
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
        `${wrong.length} figures differ from the file${doubtful.length > 0 ? ' (some batches are in doubt: begin anew with --fresh)' : ''}: ${wrong.slice(0, 5).join('; ')}`,
      );
    report(`All figures of ${expected.size} airports are equal to those of the file.`);
  } finally {
    journal.close();
  }
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
