import { HOUR_MS } from '@tally/contracts';
import { Random } from '../failure/traffic/random.js';
import type { ProcessorSettings } from './world/processor-faults.js';
import { WHIMS, type Whim } from './world/simulated-disk.js';

/** One thing that goes wrong, at a time in ms from the beginning. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'log-crash'; readonly forMs: number }
  | { readonly kind: 'log-clock'; readonly offsetMs: number }
  | { readonly kind: 'log-clock-step'; readonly byMs: number; readonly forMs: number }
  | { readonly kind: 'processor-crash'; readonly processor: number; readonly forMs: number }
  | { readonly kind: 'processor-pause'; readonly processor: number; readonly forMs: number }
  | { readonly kind: 'files-spoiled'; readonly processor: number; readonly whim: Whim }
  | { readonly kind: 'processor-clock'; readonly processor: number; readonly byMs: number }
  | { readonly kind: 'intake-crash'; readonly intake: number; readonly forMs: number }
  | { readonly kind: 'intake-pause'; readonly intake: number; readonly forMs: number }
  | { readonly kind: 'intake-clock'; readonly intake: number; readonly offsetMs: number }
  | { readonly kind: 'event-types' }
  | { readonly kind: 'shard-away'; readonly shard: number; readonly forMs: number }
  | { readonly kind: 'shard-saved'; readonly shard: number }
  | { readonly kind: 'shard-restored'; readonly shard: number }
  | { readonly kind: 'shard-promoted'; readonly shard: number }
  | { readonly kind: 'shard-odd'; readonly shard: number; readonly forMs: number }
  | { readonly kind: 'shard-narrow'; readonly shard: number }
  | { readonly kind: 'counting-bug'; readonly processor: number; readonly afterEvents: number }
  | { readonly kind: 'shard-map' }
  | { readonly kind: 'log-shortened'; readonly partition: number; readonly keeps: number }
  | { readonly kind: 'letters-refused'; readonly forMs: number }
  | { readonly kind: 'replayer-crash'; readonly replayer: number; readonly forMs: number }
  | { readonly kind: 'replayer-pause'; readonly replayer: number; readonly forMs: number }
  | {
      readonly kind: 'forged-record';
      readonly partition: number;
      /** Of a version of the event types that comes later; else it is nothing at all. */
      readonly isBlock: boolean;
      /** After which time the same comes once more; 0: never. */
      readonly againMs: number;
    }
  | { readonly kind: 'version-comes' }
  | { readonly kind: 'dead-events-refused'; readonly forMs: number }
  | { readonly kind: 'rebalance' }
  | { readonly kind: 'bad-weather'; readonly forMs: number; readonly percent: number }
);

/** When clients send, in ms from the beginning, and what goes wrong meanwhile. */
export interface Schedule {
  readonly seed: number;
  readonly settings: ProcessorSettings;
  /** When clients sent before that, in ms before the beginning; none: the log is kept for ever. */
  readonly history: readonly number[];
  readonly sends: readonly number[];
  /** When somebody puts something into the catalogue, in ms from the beginning; none: there is none. */
  readonly puts: readonly number[];
  readonly faults: readonly Fault[];
  /** What is not mended at once at the end: the others must be counted without this shard. */
  readonly lastly: { readonly shard: number; readonly is: 'away' | 'odd' } | undefined;
}

export const PARTITIONS = 3;
export const PROCESSORS = 2;
export const REPLAYERS = 2;
export const SHARDS = 2;
export const INTAKES = 2;
/** With these, messages are bounded too. */
export const SMALL_FLUSH_BYTES = 600;
/** More than a record adds to a delta here: at most four events, two rows of each with names and sketches. */
export const MAX_RECORD_BYTES = 1500;
/** Longer than the dedup window: what was on its way comes when nobody recognises it any more. */
const LONG_PAUSE_MS = 14_000;
export const LASTS_MS = 14_000;
/** Longer than what the log is kept for and the windows below that. */
const HISTORY_MS = 90_000;
/** Shorter than some faults last together. */
const LOG_KEEP_MS = 8000;

/** Of three ids: somebody has to give them more. */
const SMALL_WINDOW_BYTES = 120;

const FOUND_BY_COMPARING: ReadonlySet<Fault['kind']> = new Set(['shard-restored', 'log-shortened']);

/** What a seed does: the same for ever, as long as this file is the same. */
export function scheduleOf(seed: number): Schedule {
  const random = new Random(seed);
  const time = () => random.between(0, LASTS_MS);
  const sends = Array.from({ length: random.between(4, 22) }, time).sort((a, b) => a - b);
  const settings = {
    recordsPerFetch: random.pick([1, 7]),
    flushRows: random.pick([2, 12]),
    flushBytes: random.pick([SMALL_FLUSH_BYTES, 100_000]),
    verifies: random.chance(50),
    windowBytes: seed % 2 === 0 ? SMALL_WINDOW_BYTES : 100_000,
  };
  const keepsGenerations = new Random(seed).part(8).chance(60);
  const history = settings.verifies ? historyOf(seed) : [];
  // Only those who compare find what a shard has lost, or what a person gave up; without them nothing
  // else hides behind that.
  const drawn = Array.from({ length: random.between(0, 7) }, () => faultOf(random, time()));
  const faults = [
    ...drawn,
    ...clockFaults(seed),
    ...letterFaults(seed),
    ...(keepsGenerations ? diskFaults(seed) : []),
    ...poison(seed),
    ...(history.length > 0 ? faultsOfRetention(seed) : []),
  ]
    .filter(({ kind }) => settings.verifies || !FOUND_BY_COMPARING.has(kind))
    .sort((a, b) => a.atMs - b.atMs);
  // A loss is accepted by all shards together.
  const isLossy = faults.some(({ kind }) => kind === 'log-shortened');
  const lastly =
    isLossy || random.chance(60)
      ? undefined
      : { shard: random.between(0, SHARDS - 1), is: random.pick(['away', 'odd'] as const) };
  const logKeepMs = history.length > 0 ? LOG_KEEP_MS : 0;
  const puts = putsOf(seed);
  return {
    seed,
    settings: { ...settings, logKeepMs, keepsGenerations },
    history,
    sends,
    puts,
    faults,
    lastly,
  };
}

/** How long before the beginning clients began to send. */
export function historyMs({ history }: Schedule): number {
  return Math.max(0, ...history);
}

/** Drawn apart, as clockFaults. The log is shortened where there is one. */
function historyOf(seed: number): number[] {
  const random = new Random(seed).part(6);
  if (!random.chance(40)) return [];
  return Array.from({ length: random.between(3, 8) }, () => random.between(0, HISTORY_MS)).flatMap(
    (atMs) => Array.from({ length: random.between(1, 5) }, () => atMs),
  );
}

/** Drawn apart, as clockFaults. */
function putsOf(seed: number): number[] {
  const random = new Random(seed).part(11);
  if (!random.chance(40)) return [];
  return Array.from({ length: random.between(1, 8) }, () => random.between(0, LASTS_MS));
}

/** Drawn apart: what else a seed does is as it was without them. */
function clockFaults(seed: number): Fault[] {
  const random = new Random(seed).part(5);
  if (!random.chance(25)) return [];
  const atMs = random.between(0, LASTS_MS);
  const processor = random.between(0, PROCESSORS - 1);
  return [{ atMs, kind: 'processor-clock', processor, byMs: random.pick([-HOUR_MS, HOUR_MS]) }];
}

/** Drawn apart too. */
function letterFaults(seed: number): Fault[] {
  const random = new Random(seed).part(6);
  if (!random.chance(40)) return [];
  return Array.from({ length: random.between(1, 2) }, () => {
    const atMs = random.between(0, LASTS_MS);
    const forMs = random.pick([800, 3000, LONG_PAUSE_MS]);
    const replayer = random.between(0, REPLAYERS - 1);
    return random.pick<Fault>([
      { atMs, kind: 'letters-refused', forMs },
      { atMs, kind: 'replayer-crash', replayer, forMs },
      { atMs, kind: 'replayer-pause', replayer, forMs },
    ]);
  });
}

/** Files that somebody loses, tears, damages, puts back or exchanges, and a start that looks for them. */
function diskFaults(seed: number): Fault[] {
  const random = new Random(seed).part(10);
  return Array.from({ length: random.between(0, 2) }, () => {
    const atMs = random.between(0, LASTS_MS);
    const processor = random.between(0, PROCESSORS - 1);
    return [
      { atMs, kind: 'files-spoiled', processor, whim: random.pick(WHIMS) } as const,
      { atMs: atMs + random.between(0, 500), kind: 'rebalance' } as const,
    ];
  }).flat();
}

/** Drawn apart too: the version that it names comes at the end at the latest. */
function poison(seed: number): Fault[] {
  const random = new Random(seed).part(12);
  if (!random.chance(35)) return [];
  const records = Array.from({ length: random.between(1, 4) }, () => ({
    atMs: random.between(0, LASTS_MS),
    kind: 'forged-record' as const,
    partition: random.between(0, PARTITIONS - 1),
    isBlock: random.chance(75),
    againMs: random.pick([0, 300, 2000]),
  }));
  const comes = { atMs: random.between(0, LASTS_MS), kind: 'version-comes' as const };
  const refused = {
    atMs: random.between(0, LASTS_MS),
    kind: 'dead-events-refused' as const,
    forMs: random.pick([300, 3000]),
  };
  return [
    ...records,
    ...(random.chance(70) ? [comes] : []),
    ...(random.chance(60) ? [refused] : []),
  ];
}

/** A shard that is away for longer than the log is kept for, or put back while it is shortened. */
function faultsOfRetention(seed: number): Fault[] {
  const random = new Random(seed).part(7);
  const shard = random.between(0, SHARDS - 1);
  const atMs = random.between(0, LASTS_MS - LOG_KEEP_MS);
  const laterMs = atMs + random.between(1000, LOG_KEEP_MS);
  if (random.chance(30)) return [{ atMs, kind: 'shard-away', shard, forMs: 2 * LOG_KEEP_MS }];
  if (random.chance(50)) return [];
  return [
    { atMs, kind: 'shard-saved', shard },
    { atMs: laterMs, kind: random.pick(['shard-restored', 'shard-promoted']), shard },
  ];
}

function faultOf(random: Random, atMs: number): Fault {
  const forMs = random.pick([100, 800, 3000, 6000]);
  const processor = random.between(0, PROCESSORS - 1);
  const shard = random.between(0, SHARDS - 1);
  const intake = random.between(0, INTAKES - 1);
  const partition = random.between(0, PARTITIONS - 1);
  const keeps = random.between(0, 4);
  return random.pick<Fault>([
    { atMs, kind: 'log-crash', forMs },
    { atMs, kind: 'log-clock', offsetMs: random.between(-900, 900) },
    { atMs, kind: 'log-clock-step', byMs: random.pick([-HOUR_MS, HOUR_MS]), forMs },
    { atMs, kind: 'processor-crash', processor, forMs },
    { atMs, kind: 'processor-pause', processor, forMs },
    { atMs, kind: 'processor-pause', processor, forMs },
    { atMs, kind: 'intake-crash', intake, forMs },
    { atMs, kind: 'intake-pause', intake, forMs },
    { atMs, kind: 'intake-pause', intake, forMs: LONG_PAUSE_MS },
    { atMs, kind: 'intake-clock', intake, offsetMs: random.pick([-20_000, -3500, 800, 6000]) },
    { atMs, kind: 'event-types' },
    { atMs, kind: 'shard-away', shard, forMs },
    { atMs, kind: 'shard-saved', shard },
    { atMs, kind: 'shard-restored', shard },
    { atMs, kind: 'shard-promoted', shard },
    { atMs, kind: 'shard-odd', shard, forMs },
    { atMs, kind: 'shard-narrow', shard },
    { atMs, kind: 'counting-bug', processor, afterEvents: random.between(0, 5) },
    { atMs, kind: 'shard-map' },
    { atMs, kind: 'log-shortened', partition, keeps },
    { atMs, kind: 'log-shortened', partition, keeps },
    { atMs, kind: 'rebalance' },
    { atMs, kind: 'bad-weather', forMs, percent: random.pick([5, 30]) },
    { atMs, kind: 'bad-weather', forMs, percent: random.pick([5, 30]) },
  ]);
}
