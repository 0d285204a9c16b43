import { Importer, ImportProblem, type InputRecord } from '@tally/cli';
import { deliver, type Target } from '@tally/client';
import { Journal } from '@tally/client/journal';
import { EVENT_TYPE, eventOf, type Flight } from './flights.js';

/** Of this clone, wherever it listens: a stack that is started anew may get another port. */
const TALLY_OF_CLONE = 'the Tally of this clone';
const BATCH_EVENTS = 1000;

/** What became of the flights. */
export interface SentFlights {
  /** Events that were acknowledged now. */
  readonly sent: number;
  /** Events that were acknowledged in an earlier run. */
  readonly before: number;
  /** Whether some may be in or not, and cannot be sent again. */
  readonly isInDoubt: boolean;
}

/**
 * Imports the flights through the public API, each once. Rejects when one is refused, and when the
 * import cannot go on.
 */
export async function sendFlights(
  flights: readonly Flight[],
  target: Target,
  {
    journalFile,
    report,
  }: { readonly journalFile: string; readonly report: (line: string) => void },
): Promise<SentFlights> {
  const refuse = (line: number, why: string): never => {
    throw new ImportProblem(`flight ${line - 1} is not taken: ${why}`);
  };
  const importer = new Importer(
    {
      source: 'flights-20k',
      type: EVENT_TYPE,
      batchEvents: BATCH_EVENTS,
      connections: 1,
      resendDoubtful: false,
    },
    {
      openJournal: (input) => new Journal(journalFile, { input, gateway: TALLY_OF_CLONE }),
      deliver: (events) => deliver(events, target),
      onUnreadable: refuse,
      onRejected: refuse,
      onProgress: () => undefined,
      report,
    },
  );
  const { sent, before, doubtful } = await importer.run(recordsOf(flights));
  return { sent, before, isInDoubt: !doubtful.isEmpty };
}

async function* recordsOf(flights: readonly Flight[]): AsyncGenerator<InputRecord> {
  for (const flight of flights) {
    const json = JSON.stringify(eventOf(flight));
    yield { content: json, read: () => ({ kind: 'event', json }) };
  }
}
