import { type clusterProxy, type Fate, FATES, HOUR_MS, MAX_LEDGER_HOURS } from '@tally/contracts';
import { z } from 'zod';
import { ParameterReader } from '../http/parameter-reader.js';
import { jsonPieces } from '../http/sliced-answer.js';
import { readTimes, type TimeRange } from '../stats/asked-times.js';
import { isoText } from '../stats/iso-text.js';

export const LEDGER_PARAMETERS = ['from', 'to', 'partition'] as const;

const MAX_PARTITION = 2 ** 31 - 1;

const events = (what: string) =>
  z.union([z.int().min(0), z.string().regex(/^\d+$/)]).describe(`${what} A string past 2^53.`);

/** How many events had which fate. */
const FATES_DOCUMENT: Readonly<Record<Fate, z.ZodType>> = {
  counted: events('Events that are in the sums.'),
  duplicates: events('Copies of events that were there before.'),
  conflicting: events(
    'Events of an id that was there before with other contents: somebody gives ids twice. The first is counted. One of 65 536 of them is taken for a copy.',
  ),
  tooLate: events('Events older than their type allows.'),
  dead: events('Events that cannot be read.'),
  expired: events(
    'Events that reached the log too long after they were taken: acknowledged to nobody.',
  ),
};

/** Beside the fates, which stay what they were. */
const REPLAYED = events(
  'Dead and late events that somebody had counted later: in the sums, beside those that are counted.',
);

/** What became of the events that were appended in some hours. */
export const LEDGER = z.object({
  from: z.string().meta({ format: 'date-time' }),
  to: z.string().meta({ format: 'date-time' }),
  missingShards: z.array(z.int().min(0)).describe('Shards that did not answer.'),
  total: z.object({ ...FATES_DOCUMENT, replayed: REPLAYED }),
  hours: z
    .array(
      z.object({
        start: z.string().meta({ format: 'date-time' }),
        ...FATES_DOCUMENT,
        replayed: REPLAYED,
      }),
    )
    .describe('Ascending; hours without events are left out.'),
});

/** Whole hours; and a partition, if only one is asked for. */
export interface LedgerQuestion extends TimeRange {
  readonly partition: number | undefined;
}

/**
 * Reads the question of a request target, asked at `nowMs`: hours of append time, rounded outward.
 * TallyError `invalid_argument` with all that is wrong with it.
 */
export function readLedgerQuestion(target: string, nowMs: number): LedgerQuestion {
  const reader = new ParameterReader(target, LEDGER_PARAMETERS);
  const times = readTimes(reader, nowMs);
  const partition = readPartition(reader);
  const range = times && {
    fromMs: Math.floor(times.fromMs / HOUR_MS) * HOUR_MS,
    toMs: Math.ceil(times.toMs / HOUR_MS) * HOUR_MS,
  };
  const hours = range === undefined ? 0 : (range.toMs - range.fromMs) / HOUR_MS;
  if (hours > MAX_LEDGER_HOURS)
    reader.refuse(`expected at most ${MAX_LEDGER_HOURS} hours from from to to, got ${hours}`);
  if (reader.hasProblems || range === undefined) throw reader.refusal();
  return { ...range, partition };
}

function readPartition(reader: ParameterReader): number | undefined {
  const text = reader.one('partition');
  if (text === undefined) return undefined;
  const partition = /^\d{1,10}$/.test(text) ? Number(text) : Infinity;
  if (partition > MAX_PARTITION)
    reader.refuse('expected partition to be the number of one, from 0');
  return partition;
}

/** The answer, piece by piece: sums over the shards that answered. */
export function ledgerPieces(
  { fromMs, toMs }: TimeRange,
  shards: readonly clusterProxy.ShardLedger[],
): Generator<string> {
  const hours = new Map<number, Sums>();
  const total = noEvents();
  const entries = shards.flatMap(({ ledger }) => ledger?.hours ?? []);
  for (const entry of entries.sort((one, other) => one.hour - other.hour)) {
    const sums = hours.get(entry.hour) ?? noEvents();
    hours.set(entry.hour, sums);
    for (const fate of FATES) {
      sums[fate] += BigInt(entry[fate]);
      total[fate] += BigInt(entry[fate]);
    }
    const replayed = BigInt(entry.replayed ?? 0);
    sums.replayed += replayed;
    total.replayed += replayed;
  }
  const head = {
    from: isoText(fromMs),
    to: isoText(toMs),
    missingShards: shards.flatMap(({ shard, ledger }) => (ledger === undefined ? [shard] : [])),
    total: documentOf(total),
  };
  const documents = Array.from(hours, ([hour, sums]) => ({
    start: isoText(hour * HOUR_MS),
    ...documentOf(sums),
  }));
  return jsonPieces(head, 'hours', documents);
}

type Sums = Record<Fate | 'replayed', bigint>;

function noEvents(): Sums {
  const fates = { counted: 0n, duplicates: 0n, conflicting: 0n, tooLate: 0n, dead: 0n };
  return { ...fates, expired: 0n, replayed: 0n };
}

function documentOf(sums: Sums): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    [...FATES, 'replayed' as const].map((fate) => {
      const events = Number(sums[fate]);
      return [fate, Number.isSafeInteger(events) ? events : String(sums[fate])];
    }),
  );
}
