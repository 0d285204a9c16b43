import {
  DEAD_CAUSES,
  isEventTypeName,
  LOSS_NAME_BYTES as MAX_NAME_BYTES,
  LOSS_REASON_BYTES as MAX_REASON_BYTES,
  readDocument,
  TallyError,
  type deadLetterReplayer,
  type shardProxy,
} from '@tally/contracts';
import { z } from 'zod';
import { quoted } from '../events/rejection.js';
import { utf8Bytes } from '../events/text-rule.js';
import { parseTime } from '../stats/time-text.js';
import { DEAD_EVENT_STATES } from './dead-event-question.js';

const MAX_NUMBER = 2 ** 31 - 1;
/** In one request. */
const MAX_KEYS = 1000;

const text = (what: string, maxBytes: number) => {
  const expected = `expected ${what} in 1 to ${maxBytes} bytes of UTF-8 without NUL`;
  return z
    .string(expected)
    .refine((given) => utf8Bytes(given) >= 1 && utf8Bytes(given) <= maxBytes, expected)
    .meta({ minLength: 1, maxLength: maxBytes });
};
const number = (what: string) =>
  z
    .int(`expected the number of ${what}`)
    .min(0, `expected the number of ${what}`)
    .max(MAX_NUMBER, `expected the number of ${what}`);
const offset = z.int('expected an offset').min(0, 'expected an offset');
const instant = (name: string) =>
  z
    .string(`expected ${name} to be an instant`)
    .refine(
      (given) => parseTime(given, 0)?.kind === 'instant',
      `expected ${name} to be an instant with its offset, or a time from now`,
    );
const cause = z.enum(DEAD_CAUSES, `expected a cause: ${DEAD_CAUSES.join(', ')}`);

const KEY = { partition: number('a partition'), offset, index: number('an event in its block') };

const FILTER = z
  .strictObject(
    {
      partition: KEY.partition.optional(),
      causes: z.array(cause, 'expected a list of causes').optional(),
      type: z.string().refine(isEventTypeName, 'expected an event type').optional(),
      shard: number('a shard').optional(),
      from: instant('from').optional().describe('Append time, inclusive.'),
      to: instant('to').optional().describe('Append time, exclusive.'),
    },
    'expected a filter of partition, causes, type, shard, from and to',
  )
  .describe('All that are open and are as this says; an empty one: all that are open.');

/** What a person settles. */
export const GIVEN_SETTLEMENT = z.strictObject(
  {
    by: text('who does it', MAX_NAME_BYTES).describe('Who does it.'),
    reason: text('why', MAX_REASON_BYTES).describe('Why.'),
    events: z
      .array(z.strictObject(KEY, 'expected partition, offset and index'))
      .min(1, 'expected at least one event')
      .max(MAX_KEYS, `expected at most ${MAX_KEYS} events`)
      .optional()
      .describe('Exactly these.'),
    filter: FILTER.optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `expected by, reason and events or filter, got ${quoted(issue.keys[0] ?? '')}`
        : 'expected an object',
  },
);

const events = z.union([z.int().min(0), z.string().regex(/^\d+$/)]);
const time = z.string().meta({ format: 'date-time' });
const STATE = z
  .enum(DEAD_EVENT_STATES)
  .describe(
    'open: it can be settled. unsettled: no shard was told of it yet, or it was read again and counted. unknown: a shard does not answer.',
  );

/** A dead event as people see it. */
export const DEAD_EVENT = z.object({
  ...KEY,
  cause,
  reason: z.string(),
  state: STATE,
  appendedAt: time,
  type: z.string().optional().describe('Absent where it cannot be read.'),
  subject: z.string().optional(),
  schema: z.int().min(0),
  registryVersion: z.int().min(0),
  shards: z.array(z.int().min(0)).describe('Those that were told of it.'),
  length: z.int().min(0).describe('Bytes in the log.'),
});

/** What is inside of it. */
export const DEAD_EVENT_DETAIL = z.intersection(
  DEAD_EVENT,
  z.object({
    event: z.unknown().optional().describe('As it is read here; absent where it cannot be.'),
    obstacle: z.string().optional().describe('Why it cannot be counted; absent: it can.'),
    bytes: z.string().meta({ contentEncoding: 'base64' }).describe('Its first 64 KiB.'),
  }),
);

const shards = z.array(z.int().min(0)).describe('Shards that did not answer.');
const next = z
  .string()
  .optional()
  .describe('What the next question says as after; absent: the end.');

export const DEAD_EVENT_PAGE = z.object({
  events: z.array(DEAD_EVENT),
  next,
  missingShards: shards,
});
export const DEAD_EVENT_GROUPS = z.object({
  groups: z.array(
    z.object({
      cause,
      type: z.string().optional(),
      state: STATE,
      shards: z.array(z.int().min(0)),
      events,
      oldest: time,
    }),
  ),
  next,
  missingShards: shards,
});
export const SETTLED_DEAD_EVENTS = z.object({
  action: z.string().optional().describe('Its id among the actions; absent after a dry run.'),
  events: events.describe('So many were settled, or would be.'),
  changes: z
    .array(z.object({ type: z.string(), subject: z.string(), events }))
    .describe('By how much counts grow; at most 1000 subjects.'),
  left: z
    .array(z.object({ reason: z.string(), events }))
    .describe('What was not settled, and why.'),
  complete: z.boolean().describe('False: there is more, and the same request goes on.'),
});
export const DEAD_EVENT_ACTIONS = z.object({
  actions: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['replayed', 'discarded']),
      by: z.string(),
      reason: z.string(),
      at: time,
      selection: z.unknown(),
      events,
    }),
  ),
  missingShards: shards,
});

/** What a person settles, for the replayer. TallyError `invalid_argument`. */
export function readSettlement(
  document: unknown,
  nowMs: number,
): Pick<deadLetterReplayer.SettleDeadEventsRequest, 'keys' | 'filter'> & {
  readonly by: string;
  readonly reason: string;
  /** JSON of what was asked for. */
  readonly selection: string;
} {
  const read = readDocument(GIVEN_SETTLEMENT, document);
  if (read.kind === 'malformed') throw new TallyError('invalid_argument', read.problem);
  const { by, reason, events: keys, filter } = read.value;
  if ((keys === undefined) === (filter === undefined))
    throw new TallyError('invalid_argument', 'expected either events or a filter');
  const selection = filter === undefined ? { events: keys?.length } : { filter };
  return {
    by,
    reason,
    selection: JSON.stringify(selection),
    keys: (keys ?? []).map((key) => ({ ...key, offset: String(key.offset) })),
    filter: filter === undefined ? undefined : filterOf(filter, nowMs),
  };
}

function filterOf(
  { causes, from, to, ...same }: z.output<typeof FILTER>,
  nowMs: number,
): deadLetterReplayer.DeadEventFilter {
  const ms = (given: string | undefined) => {
    const parsed = given === undefined ? undefined : parseTime(given, nowMs);
    return parsed?.kind === 'instant' ? String(Math.max(0, parsed.ms)) : undefined;
  };
  const [fromMs, toMs] = [ms(from), ms(to)];
  return {
    ...same,
    causes: causes ?? [],
    states: [],
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
  };
}

export function deadEventDocument(event: deadLetterReplayer.DeadEvent): Record<string, unknown> {
  const { key, cause: why, reason, state, appendMs, type, subject, shards: told, length } = event;
  return {
    partition: key?.partition ?? 0,
    offset: Number(key?.offset ?? 0),
    index: key?.index ?? 0,
    cause: why,
    reason,
    state,
    appendedAt: isoOf(appendMs),
    ...(type !== '' && { type, subject }),
    schema: event.schemaId,
    registryVersion: event.registryVersion,
    shards: told,
    length,
  };
}

export function deadEventDetailDocument(
  detail: deadLetterReplayer.DeadEventDetail,
): Record<string, unknown> {
  const { event, bytes, json, obstacle } = detail;
  return {
    ...(event && deadEventDocument(event)),
    ...(json !== '' && { event: JSON.parse(json) as unknown }),
    ...(obstacle !== '' && { obstacle }),
    bytes: Buffer.from(bytes).toString('base64'),
  };
}

export function groupDocument(group: deadLetterReplayer.DeadEventGroup): Record<string, unknown> {
  const { type, events: count, oldestMs, ...same } = group;
  return {
    ...same,
    ...(type !== '' && { type }),
    events: Number(count),
    oldest: isoOf(oldestMs),
  };
}

export function settledDocument(
  { events: count, changes, obstacles, complete }: deadLetterReplayer.SettleDeadEventsResponse,
  action: string | undefined,
): Record<string, unknown> {
  return {
    ...(action !== undefined && { action }),
    events: Number(count),
    changes: changes.map((change) => ({ ...change, events: Number(change.events) })),
    left: obstacles.map((obstacle) => ({ ...obstacle, events: Number(obstacle.events) })),
    complete,
  };
}

export function actionDocument(action: shardProxy.DeadEventAction): Record<string, unknown> {
  const { id, settlement, takenBy: by, reason, takenAtMs, selection, events: count } = action;
  return {
    id,
    kind: settlement === 'SETTLEMENT_REPLAYED' ? 'replayed' : 'discarded',
    by,
    reason,
    at: isoOf(takenAtMs),
    selection: JSON.parse(selection) as unknown,
    events: Number(count),
  };
}

function isoOf(ms: string): string {
  return new Date(Number(ms)).toISOString();
}
