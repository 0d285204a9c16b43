import {
  DEAD_EVENT,
  DEAD_EVENT_ACTIONS,
  DEAD_EVENT_DETAIL,
  DEAD_EVENT_GROUPS,
  DEAD_EVENT_PAGE,
  GIVEN_SETTLEMENT,
  SETTLED_DEAD_EVENTS,
} from '../dead-events/dead-event-document.js';
import {
  ATTRIBUTE_NAME_BYTES,
  ERROR_CODES,
  EVENT_TYPE_PATTERN,
  MAX_ATTRIBUTE_BYTES,
  MAX_ATTRIBUTES,
  MAX_ID_BYTES,
  MAX_SUBJECT_BYTES,
  type ErrorCode,
} from '@tally/contracts';
import { MAX_DECIMALS, MAX_DIGITS, VALUE_BOUND } from '@tally/counting';
import { z } from 'zod';
import { CATALOG_ENTRY, GIVEN_ENTRY } from '../catalog/catalog-document.js';
import { DOCUMENT_PARTS, GIVEN_DEFINITION } from '../event-types/definition-document.js';
import { MAX_EVENTS } from '../events/limits.js';
import { REJECTION_CODES } from '../events/rejection.js';
import { LEDGER } from '../ledger/ledger-document.js';
import { ACCEPTED_LOSS, GIVEN_LOSS } from '../losses/loss-document.js';
import { QUANTILE_PATTERN } from '../stats/figures.js';
import { GRANULARITIES } from '../stats/limits.js';
import { jsonSchemasOf } from './json-schema.js';

/** Texts and numbers that the API says more of than their schema checks: events are checked by hand. */
const instant = z.string().meta({ format: 'date-time' });
const type = z.string().meta({ pattern: EVENT_TYPE_PATTERN });
const count = z.int().min(0);
const exact = (description: string) =>
  z
    .union([z.number(), z.string()])
    .describe(`${description} Exact; a string where a double cannot hold it.`);
const exactOrNull = (description: string) =>
  z
    .union([z.number(), z.string(), z.null()])
    .describe(
      `${description} null without an event that has a value. Exact; a string where a double cannot hold it.`,
    );
const text = z.string();

const Event = z.strictObject({
  id: text
    .min(1)
    .max(MAX_ID_BYTES)
    .optional()
    .describe(
      `1 to ${MAX_ID_BYTES} bytes of UTF-8, no NUL. With the project it identifies the event: duplicates count once. Assigned if absent.`,
    ),
  type: type.describe('What happened, for example view.'),
  subject: text
    .min(1)
    .max(MAX_SUBJECT_BYTES)
    .describe(
      `What is counted: 1 to ${MAX_SUBJECT_BYTES} bytes of UTF-8, no NUL, kept byte for byte.`,
    ),
  time: instant
    .optional()
    .describe(
      'When it happened: RFC 3339 with an offset (also with a blank for T, no seconds, a comma, or an offset as +0200, +02 or UTC), from 1970 to one hour ahead, and no older than the maximum age of its type; time of arrival if absent. Digits behind the millisecond are cut. A leap second counts as the last millisecond of its minute.',
    ),
  value: z
    .number()
    .gt(-VALUE_BOUND)
    .lt(VALUE_BOUND)
    .optional()
    .describe(
      `At most ${MAX_DIGITS} significant digits and ${MAX_DECIMALS} decimals, zeros around them not counted.`,
    ),
  attributes: z
    .record(text, z.union([text.max(MAX_ATTRIBUTE_BYTES), z.number(), z.boolean()]))
    .meta({ maxProperties: MAX_ATTRIBUTES })
    .optional()
    .describe(
      `Names of 1 to ${ATTRIBUTE_NAME_BYTES} bytes of UTF-8; texts of at most ${MAX_ATTRIBUTE_BYTES} bytes.`,
    ),
});

const EventResult = z.object({
  index: count.describe('Index in the batch, from 0.'),
  status: z
    .enum(['accepted', 'duplicate', 'rejected'])
    .describe(
      'duplicate: accepted, but an earlier event of this request has its id, and that one counts.',
    ),
  /** The one it came with or got here, when all are listed. */
  id: text.optional(),
  code: z.enum(REJECTION_CODES).optional(),
  detail: text.optional(),
});

const Intake = z.object({
  accepted: count.describe('With duplicates: the log has them.'),
  rejected: count,
  assignedIds: z
    .int()
    .min(1)
    .optional()
    .describe('Events that came without an id: sending those again counts them again.'),
  /** In the order of the batch: the rejected ones, or all. */
  results: z.array(EventResult),
});

const Problem = z.object({
  status: z.int(),
  title: text,
  code: z.enum(Object.keys(ERROR_CODES) as ErrorCode[]).describe('Stable name of the failure.'),
  detail: text.describe('For people: what was expected.'),
});

const Point = z
  .object({
    start: instant,
    end: instant.describe('Exclusive.'),
    count: exact('Events.').optional(),
    sum: exact('Sum of the values.').optional(),
    avg: z
      .number()
      .nullable()
      .optional()
      .describe('The double nearest to sum / number of events with a value; null without one.'),
    min: exactOrNull('Smallest value.').optional(),
    max: exactOrNull('Largest value.').optional(),
    unique: count
      .nullable()
      .optional()
      .describe(
        'How many different values the attribute had, estimated; null where the type had not declared it for all of the events.',
      ),
  })
  // By name, e.g. p95: null without an event that has a value, or where it was not declared for all.
  .meta({ patternProperties: { [QUANTILE_PATTERN]: { type: ['number', 'null'] } } });

const Series = z.object({
  subject: text,
  group: z
    .record(text, z.union([text, z.number(), z.boolean(), z.null()]))
    .optional()
    .describe(
      'With group_by: the values of its dimensions, null for events without it. Not there where no event of the subject is in any group.',
    ),
  points: z.array(Point),
  missing: z
    .boolean()
    .optional()
    .describe(
      'True when its shard did not answer and no earlier answer is known: nothing is said.',
    ),
  stale: z
    .boolean()
    .optional()
    .describe('True when its shard did not answer: this is the last known answer.'),
  asOf: instant.optional().describe('Of a stale series: to which instant it is complete.'),
});

const StatsMeta = z.object({
  asOf: instant
    .nullable()
    .describe(
      'Every event acknowledged before this instant is in the answer; null when that cannot be said.',
    ),
  completeThrough: instant
    .nullable()
    .describe('asOf minus the lateness of events: windows that end before it are complete.'),
  stale: z.boolean(),
  missingShards: z
    .array(count)
    .describe('Shards that did not answer now. Their series are stale or missing.'),
  exact: z
    .boolean()
    .describe('False when shards are missing, or something is asked that is estimated.'),
  errors: z
    .record(text, z.union([z.object({ standard: z.number() }), z.object({ relative: z.number() })]))
    .optional()
    .describe(
      'Of what is estimated, by function. standard: standard error, relative: the most, each as a share of the true number.',
    ),
  warnings: z
    .array(text)
    .optional()
    .describe(
      'For people: what may not have been meant, such as a type that nobody has defined or sent.',
    ),
});

const Stats = z.object({
  type,
  granularity: z.enum(GRANULARITIES),
  timezone: z.enum(['UTC']),
  from: instant.describe('As asked, rounded down to where a window begins.'),
  to: instant.describe('Exclusive; as asked, rounded up to where a window ends.'),
  series: z.array(Series),
  meta: StatsMeta,
});

const version = count.describe(
  'Version of the registry that brought the definition; 0: the default.',
);
const EventType = z.object({ type, version, ...DOCUMENT_PARTS });
const EventTypeWithVersions = z.intersection(
  EventType,
  z.object({
    versions: z
      .array(z.object({ version, ...DOCUMENT_PARTS }))
      .describe('All definitions that the type ever had, ascending by version.'),
  }),
);
const EventTypes = z.object({
  version: count.describe('Latest version of the registry.'),
  eventTypes: z.array(EventType),
});

const Losses = z.object({
  losses: z.array(ACCEPTED_LOSS).describe('Ascending by topic, partition and offset.'),
  next: z
    .string()
    .optional()
    .describe('Where the next page begins: say it as after. Absent behind the last.'),
  missingShards: z.array(count).describe('Shards that did not answer.'),
});

/** What became of one event of a batch. */
export type EventResult = z.output<typeof EventResult>;
/** What became of a batch. */
export type Intake = z.output<typeof Intake>;

/** The schemas of the API by name. */
export const SCHEMAS = jsonSchemasOf({
  Event,
  Events: z.xor([Event, z.array(Event).min(1).max(MAX_EVENTS)]),
  EventResult,
  Intake,
  IntakeProblem: z.intersection(Problem, Intake),
  Problem,
  Stats,
  Series,
  Point,
  StatsMeta,
  Definition: GIVEN_DEFINITION,
  EventType,
  EventTypeWithVersions,
  EventTypes,
  GivenEntry: GIVEN_ENTRY,
  CatalogEntry: CATALOG_ENTRY,
  Loss: GIVEN_LOSS,
  AcceptedLoss: ACCEPTED_LOSS,
  Losses,
  Ledger: LEDGER,
  DeadEvent: DEAD_EVENT,
  DeadEvents: DEAD_EVENT_PAGE,
  DeadEventDetail: DEAD_EVENT_DETAIL,
  DeadEventGroups: DEAD_EVENT_GROUPS,
  DeadEventSettlement: GIVEN_SETTLEMENT,
  SettledDeadEvents: SETTLED_DEAD_EVENTS,
  DeadEventActions: DEAD_EVENT_ACTIONS,
});
