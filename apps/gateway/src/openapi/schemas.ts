import { ERROR_CODES, RETENTION_CLASSES } from '@tally/contracts';
import { ATTRIBUTE_NAME_BYTES, MAX_AGE_MS, MAX_DIMENSIONS, MIN_AGE_MS } from '@tally/counting';
import {
  MAX_ATTRIBUTE_BYTES,
  MAX_ATTRIBUTES,
  MAX_DECIMALS,
  MAX_DIGITS,
  MAX_EVENTS,
  MAX_ID_BYTES,
  MAX_SUBJECT_BYTES,
} from '../events/limits.js';
import { REJECTION_CODES } from '../events/rejection.js';
import { GRANULARITIES } from '../stats/limits.js';

export const EVENT_TYPE_PATTERN = '^[a-z0-9][a-z0-9._-]{0,63}$';

const instant = { type: 'string', format: 'date-time' };
const type = { type: 'string', pattern: EVENT_TYPE_PATTERN };
const count = { type: 'integer', minimum: 0 };
const exact = (description: string) => ({
  description: `${description} Exact; a string where a double cannot hold it.`,
  type: ['number', 'string'],
});
const exactOrNull = (description: string) => ({
  ...exact(`${description} null without an event that has a value.`),
  type: ['number', 'string', 'null'],
});

function object(
  required: readonly string[],
  properties: Readonly<Record<string, object>>,
  more: object = {},
): object {
  return { type: 'object', required, properties, ...more };
}

const definition = {
  dimensions: {
    description: 'Names of attributes whose values split the counters; answered ascending.',
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: ATTRIBUTE_NAME_BYTES },
    maxItems: MAX_DIMENSIONS,
    uniqueItems: true,
    default: [],
  },
  maxAgeSeconds: {
    description: 'An event older than this when it arrives is not counted; null: no limit.',
    type: ['number', 'null'],
    minimum: MIN_AGE_MS / 1000,
    maximum: MAX_AGE_MS / 1000,
    default: null,
  },
  retention: {
    description: 'How long the minutes of the type are kept.',
    enum: RETENTION_CLASSES,
    default: 'ever',
  },
};
const version = {
  description: 'Version of the registry that brought the definition; 0: the default.',
  ...count,
};

const intake = {
  accepted: count,
  rejected: count,
  assignedIds: {
    description: 'Events that came without an id: sending those again counts them again.',
    type: 'integer',
    minimum: 1,
  },
  results: { type: 'array', items: { $ref: '#/components/schemas/EventResult' } },
};

export const SCHEMAS: Readonly<Record<string, object>> = {
  Event: object(
    ['type', 'subject'],
    {
      id: {
        description: `1 to ${MAX_ID_BYTES} bytes of UTF-8, no NUL. With the project it identifies the event: copies count once. Assigned if absent.`,
        type: 'string',
        minLength: 1,
        maxLength: MAX_ID_BYTES,
      },
      type: { description: 'What happened, for example view.', ...type },
      subject: {
        description: `What is counted: 1 to ${MAX_SUBJECT_BYTES} bytes of UTF-8, no NUL, kept byte for byte.`,
        type: 'string',
        minLength: 1,
        maxLength: MAX_SUBJECT_BYTES,
      },
      time: {
        description:
          'When it happened: RFC 3339 with an offset, from 1970 to one hour ahead, and no older than the maximum age of its type; time of arrival if absent. Digits behind the millisecond are cut. A leap second counts as the last millisecond of its minute.',
        ...instant,
      },
      value: {
        description: `At most ${MAX_DIGITS} significant digits and ${MAX_DECIMALS} decimals, zeros around them not counted.`,
        type: 'number',
        exclusiveMinimum: -1e12,
        exclusiveMaximum: 1e12,
      },
      attributes: {
        description: `Names of 1 to ${ATTRIBUTE_NAME_BYTES} bytes of UTF-8; texts of at most ${MAX_ATTRIBUTE_BYTES} bytes.`,
        type: 'object',
        maxProperties: MAX_ATTRIBUTES,
        additionalProperties: {
          type: ['string', 'number', 'boolean'],
          maxLength: MAX_ATTRIBUTE_BYTES,
        },
      },
    },
    { additionalProperties: false },
  ),
  Events: {
    oneOf: [
      { $ref: '#/components/schemas/Event' },
      {
        type: 'array',
        items: { $ref: '#/components/schemas/Event' },
        minItems: 1,
        maxItems: MAX_EVENTS,
      },
    ],
  },
  EventResult: object(['index', 'status'], {
    index: { description: 'Place in the batch, from 0.', ...count },
    status: { enum: ['accepted', 'rejected'] },
    id: { type: 'string' },
    code: { enum: REJECTION_CODES },
    detail: { type: 'string' },
  }),
  Intake: object(['accepted', 'rejected', 'results'], intake),
  IntakeProblem: {
    allOf: [{ $ref: '#/components/schemas/Problem' }, { $ref: '#/components/schemas/Intake' }],
  },
  Problem: object(['status', 'title', 'code', 'detail'], {
    status: { type: 'integer' },
    title: { type: 'string' },
    code: { description: 'Stable name of the failure.', enum: Object.keys(ERROR_CODES) },
    detail: { description: 'For people: what was expected.', type: 'string' },
  }),
  Stats: object(['type', 'granularity', 'timezone', 'from', 'to', 'series', 'meta'], {
    type,
    granularity: { enum: GRANULARITIES },
    timezone: { enum: ['UTC'] },
    from: instant,
    to: instant,
    series: { type: 'array', items: { $ref: '#/components/schemas/Series' } },
    meta: { $ref: '#/components/schemas/StatsMeta' },
  }),
  Series: object(['subject', 'points'], {
    subject: { type: 'string' },
    points: { type: 'array', items: { $ref: '#/components/schemas/Point' } },
    missing: { description: 'True when its shard did not answer.', type: 'boolean' },
  }),
  Point: object(['start', 'end'], {
    start: instant,
    end: { description: 'Exclusive.', ...instant },
    count: exact('Events.'),
    sum: exact('Sum of the values.'),
    avg: {
      description: 'The double nearest to sum / number of events with a value; null without one.',
      type: ['number', 'null'],
    },
    min: exactOrNull('Least value.'),
    max: exactOrNull('Greatest value.'),
  }),
  StatsMeta: object(['asOf', 'completeThrough', 'stale', 'missingShards', 'exact'], {
    asOf: {
      description:
        'Every event acknowledged before this instant is in the answer; null when that cannot be said.',
      type: ['string', 'null'],
      format: 'date-time',
    },
    completeThrough: {
      description: 'asOf minus the lateness of events: windows that end before it are complete.',
      type: ['string', 'null'],
      format: 'date-time',
    },
    stale: { type: 'boolean' },
    missingShards: { type: 'array', items: count },
    exact: { description: 'False when shards are missing.', type: 'boolean' },
  }),
  Definition: object([], definition, { additionalProperties: false }),
  EventType: object(['type', 'version', 'dimensions', 'maxAgeSeconds', 'retention'], {
    type,
    version,
    ...definition,
  }),
  EventTypeWithVersions: {
    allOf: [
      { $ref: '#/components/schemas/EventType' },
      object(['versions'], {
        versions: {
          description: 'All definitions that the type ever had, ascending by version.',
          type: 'array',
          items: object(['version', 'dimensions', 'maxAgeSeconds', 'retention'], {
            version,
            ...definition,
          }),
        },
      }),
    ],
  },
  EventTypes: object(['version', 'eventTypes'], {
    version: { description: 'Latest version of the registry.', ...count },
    eventTypes: { type: 'array', items: { $ref: '#/components/schemas/EventType' } },
  }),
};
