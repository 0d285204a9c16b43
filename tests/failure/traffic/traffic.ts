import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@tally/contracts';
import type { DimensionValue } from '@tally/placement';
import type { Definition } from './event-types.js';
import type { Random } from './random.js';

/** The attribute of which different values are counted, in all types. */
export const UNIQUE = 'customer';

/** By name; undefined: the event lacks it. */
export type Attributes = Readonly<Record<string, DimensionValue | undefined>>;

/** A type of the events that clients send: what is declared of it, and what its events are like. */
export interface Traffic {
  readonly type: string;
  readonly definition: Definition;
  /** Names of dimensions, ascending: those of attributes, and those of the catalogue. */
  readonly dimensions: readonly string[];
  readonly enriched: readonly string[];
  readonly cardinalityLimit?: number;
  readonly maxAgeMs?: number;
  readonly subjects: number;
  /** Of a hundred events. */
  readonly percent: number;
  /** How old events are when clients begin, at most: many windows, some of them in the past. */
  readonly spreadMs: number;
  /** Values of dimensions of one event. */
  attributes(random: Random): Attributes;
}

const SKETCHED = { uniques: [UNIQUE], quantiles: true };

/** Counted by subject alone. */
export const VIEWS: Traffic = {
  type: 'view',
  definition: SKETCHED,
  dimensions: [],
  enriched: [],
  subjects: 40,
  percent: 70,
  spreadMs: 3 * HOUR_MS,
  attributes: () => ({}),
};

const COUNTRIES = ['NL', 'PT', 'SE', undefined];
/** A number and its text are two values. */
const DEVICES = ['tv', '7', 7, true, undefined];
const FEW = 6;

/** With more combinations of values than are allowed: some of them are counted together. */
export const PLAYS: Traffic = {
  type: 'play',
  definition: { ...SKETCHED, dimensions: ['country', 'device'], cardinalityLimit: FEW },
  dimensions: ['country', 'device'],
  enriched: [],
  cardinalityLimit: FEW,
  subjects: 3,
  percent: 15,
  spreadMs: 24 * HOUR_MS,
  attributes: (random) => ({ country: random.pick(COUNTRIES), device: random.pick(DEVICES) }),
};

const MAX_AGE_MS = 4 * HOUR_MS;
/** What it may cost events to be old when they are sent: what clients do takes minutes. */
const MARGIN_MS = HOUR_MS;

/** Split by what the catalogue says of the subject, too; old ones are not counted. */
export const WATCHES: Traffic = {
  type: 'watch',
  definition: {
    ...SKETCHED,
    dimensions: ['country'],
    enriched: ['owner'],
    maxAgeSeconds: MAX_AGE_MS / SECOND_MS,
  },
  dimensions: ['country', 'owner'],
  enriched: ['owner'],
  maxAgeMs: MAX_AGE_MS,
  subjects: 4,
  percent: 15,
  spreadMs: MAX_AGE_MS - MARGIN_MS,
  // Nobody asks events who owns what they are of.
  attributes: (random) => ({ country: random.pick(COUNTRIES), owner: 'whoever sends it' }),
};

export const TRAFFIC: readonly Traffic[] = [VIEWS, PLAYS, WATCHES];

/** Those that are too old for it, and those that are not by far. */
export const AGES_OF_LATECOMERS_MS = [
  MAX_AGE_MS - 10 * MINUTE_MS,
  MAX_AGE_MS + MINUTE_MS,
  3 * MAX_AGE_MS,
] as const;

/** By its name. */
export function trafficOf(type: string): Traffic | undefined {
  return TRAFFIC.find((traffic) => traffic.type === type);
}

/** The subjects of a seed; no other seed and no other type has them. */
export function subjectsOf({ type, subjects }: Traffic, seed: number): string[] {
  return Array.from({ length: subjects }, (_, number) => `${type}-${seed}-${number}`);
}
