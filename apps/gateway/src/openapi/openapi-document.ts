import {
  EVENT_TYPE_PATTERN,
  MAX_DIMENSIONS,
  MAX_GROUPS,
  MAX_LEDGER_HOURS,
  MAX_SUBJECT_BYTES,
  MAX_SUBJECTS,
} from '@tally/contracts';
import { JSON_TYPES, LINES_TYPES } from '../events/media-types.js';
import type { LEDGER_PARAMETERS } from '../ledger/ledger-document.js';
import { MAX_LOSSES, type LOSS_PARAMETERS } from '../losses/loss-page.js';
import { MAX_QUANTILES, QUANTILE_PATTERN, UNIQUE } from '../stats/figures.js';
import { FUNCTIONS, GRANULARITIES, MAX_DEFAULT_WINDOWS } from '../stats/limits.js';
import type { STATS_PARAMETERS } from '../stats/stats-question.js';
import { TIME_FORMS } from '../stats/time-text.js';
import { DEAD_EVENT_PATHS } from './dead-event-paths.js';
import { problemResponses } from './problem-responses.js';
import { SCHEMAS } from './schemas.js';

const json = (schema: string) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${schema}` } },
});
const eventBodies = (types: readonly string[], schema: object) =>
  Object.fromEntries(types.map((type) => [type, { schema }]));
const answer = (description: string, schema: string) => ({ description, content: json(schema) });

const API_KEY = [{ apiKey: [] }, {}];
const ADMIN_KEY = [{ adminKey: [] }];
const READ_TYPES = problemResponses(['unauthenticated', 'unavailable']);
const TYPE_PARAMETER = {
  name: 'type',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: EVENT_TYPE_PATTERN },
};
const SUBJECT_PARAMETER = {
  name: 'subject',
  in: 'path',
  required: true,
  description: `1 to ${MAX_SUBJECT_BYTES} bytes of UTF-8, percent-encoded.`,
  schema: { type: 'string', minLength: 1 },
};
const PUT_ENTRY = problemResponses([
  'unauthenticated',
  'permission_denied',
  'payload_too_large',
  'unsupported_media_type',
  'unavailable',
  'deadline_exceeded',
]);

const parameter = (required: boolean, description: string, schema: object, more: object = {}) => ({
  in: 'query',
  required,
  description,
  schema,
  ...more,
});
const time = { type: 'string', examples: ['2026-01-31T12:00:00Z', '2026-01-31', '-7d', 'now'] };

const LEDGER: Readonly<Record<(typeof LEDGER_PARAMETERS)[number], object>> = {
  from: parameter(
    false,
    'Append time, inclusive, in the forms of from in /v1/stats; rounded down to the hour. By default 24 hours before to.',
    time,
  ),
  to: parameter(
    false,
    `Exclusive; rounded up to the hour, at most ${MAX_LEDGER_HOURS} hours after from. By default now.`,
    { ...time, default: 'now' },
  ),
  partition: parameter(false, 'Only this partition of the events topic.', {
    type: 'integer',
    minimum: 0,
  }),
};

const LOSSES: Readonly<Record<(typeof LOSS_PARAMETERS)[number], object>> = {
  after: parameter(false, 'What next was in the answer before: the page behind it.', {
    type: 'string',
  }),
  limit: parameter(false, 'How many at most.', {
    type: 'integer',
    minimum: 1,
    maximum: MAX_LOSSES,
    default: MAX_LOSSES,
  }),
};

const STATS: Readonly<Record<(typeof STATS_PARAMETERS)[number], object>> = {
  type: parameter(true, 'Event type.', { type: 'string', pattern: EVENT_TYPE_PATTERN }),
  subject: parameter(
    true,
    'May be repeated, one subject each (a comma belongs to the subject); each is answered once.',
    { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: MAX_SUBJECTS },
    { style: 'form', explode: true },
  ),
  function: parameter(
    false,
    `What to answer for each window; with commas, or repeated. ${UNIQUE} and quantiles (p50, p99.9, at most ${MAX_QUANTILES}) need a type that declares them, and are estimates: meta.errors says how good.`,
    {
      type: 'array',
      items: { anyOf: [{ enum: [...FUNCTIONS, UNIQUE] }, { pattern: QUANTILE_PATTERN }] },
      default: ['count'],
    },
    { style: 'form', explode: false },
  ),
  group_by: parameter(
    false,
    `Dimensions of the type, with commas or repeated: a series for each combination of their values that has events, at most ${MAX_GROUPS} of them. Events that came when the type had no dimensions are in none.`,
    { type: 'array', items: { type: 'string', minLength: 1 }, maxItems: MAX_DIMENSIONS },
    { style: 'form', explode: false },
  ),
  filter: parameter(
    false,
    'name:value, a dimension of the type and what its value is as text (true, 1.5); empty for events without it. Repeated: any of the values of one dimension, and so for each that is named.',
    { type: 'array', items: { type: 'string', pattern: ':' } },
    { style: 'form', explode: true },
  ),
  exclude: parameter(
    false,
    'name:value, as filter: events that have none of these values.',
    { type: 'array', items: { type: 'string', pattern: ':' } },
    { style: 'form', explode: true },
  ),
  attribute: parameter(
    false,
    `Of ${UNIQUE}: the attribute whose different values are counted. By default the only one that the type declares.`,
    { type: 'string' },
  ),
  from: parameter(
    false,
    `Inclusive: ${TIME_FORMS}. Rounded down to where a window begins (of a total: a minute); the answer says it. By default 24 hours before to.`,
    time,
  ),
  to: parameter(
    false,
    'Exclusive, in the same forms; rounded up to where a window ends. By default now.',
    { ...time, default: 'now' },
  ),
  granularity: parameter(
    false,
    `Length of the windows, which begin on whole minutes, hours and days of UTC and are answered whole. By default the finest with at most ${MAX_DEFAULT_WINDOWS.minute} minutes, ${MAX_DEFAULT_WINDOWS.hour} hours or ${MAX_DEFAULT_WINDOWS.day} days that fits into an answer, else total.`,
    { enum: GRANULARITIES },
  ),
  timezone: parameter(
    false,
    'UTC, also as Etc/UTC or Z: the only zone so far whose days are counted.',
    { enum: ['UTC', 'Etc/UTC', 'Z'], default: 'UTC' },
  ),
  fill: parameter(false, 'zero: also windows without events.', { enum: ['zero'] }),
  partial: parameter(
    false,
    'allow: a total without the series that are missing, rather than 503.',
    { enum: ['allow'] },
  ),
};

/** The public API (OpenAPI 3.1), made of the tables that the checks use. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Tally',
    version: '1',
    description:
      'Counts events exactly. All failures are problem details (RFC 9457) with a stable code. ' +
      'A path that there is answers a method that it does not know with 405 and OPTIONS with 204, both with Allow; HEAD is answered as GET is, without the body. ' +
      'One slash at the end of a path is passed over, two slashes anywhere and OPTIONS of * are 404. ' +
      'A body has one of the media types of its operation and the charset UTF-8 or none, without Content-Encoding: 415 else, before it is read.',
  },
  paths: {
    '/v1/events': {
      post: {
        operationId: 'postEvents',
        summary: 'Send events.',
        description:
          'Answers when the accepted events are durable. After 500, 503 and 504 it is unknown which events are counted: sending the same ids again is safe. A line or element that is no event, or no JSON, costs itself alone (event_invalid); the body is refused whole (400) when it is no JSON or an array whose elements cannot be told apart. A member that is null is absent. Of two members with one name in an object the last counts.',
        security: API_KEY,
        parameters: [
          {
            name: 'results',
            in: 'query',
            description:
              'all: results lists all events with their ids, not just the rejected ones.',
            schema: { enum: ['all'] },
          },
        ],
        requestBody: {
          required: true,
          content: {
            ...eventBodies(JSON_TYPES, { $ref: '#/components/schemas/Events' }),
            ...eventBodies(LINES_TYPES, {
              description: 'JSON lines: one event per line; blank ones are passed over.',
              type: 'string',
            }),
          },
        },
        responses: {
          202: answer(
            'At least one event was accepted, and all accepted ones are durable.',
            'Intake',
          ),
          422: {
            description: 'No event was accepted.',
            content: {
              'application/problem+json': {
                schema: { $ref: '#/components/schemas/IntakeProblem' },
              },
            },
          },
          ...problemResponses([
            'unauthenticated',
            'permission_denied',
            'payload_too_large',
            'unsupported_media_type',
            'unavailable',
            'storage_full',
            'deadline_exceeded',
          ]),
        },
      },
    },
    '/v1/stats': {
      get: {
        operationId: 'getStats',
        summary: 'Ask for statistics.',
        description:
          'Words are taken in any case, a parameter without a value is one that is not there, and a refusal names all that is wrong. Limits hold for the points that an answer has: minutes of years are fine where few of them have events.',
        security: API_KEY,
        parameters: Object.entries(STATS).map(([name, rest]) => ({ name, ...rest })),
        responses: {
          200: answer('The statistics, and how fresh they are.', 'Stats'),
          ...problemResponses(['unauthenticated', 'unavailable', 'deadline_exceeded']),
        },
      },
    },
    '/v1/event-types': {
      get: {
        operationId: 'listEventTypes',
        summary: 'The current definitions.',
        security: API_KEY,
        responses: { 200: answer('Ascending by type.', 'EventTypes'), ...READ_TYPES },
      },
    },
    '/v1/event-types/{type}': {
      get: {
        operationId: 'getEventType',
        summary: 'The current definition of a type and all before it.',
        description: 'A type that nobody defined has the default definition, of version 0.',
        security: API_KEY,
        parameters: [TYPE_PARAMETER],
        responses: { 200: answer('The definition.', 'EventTypeWithVersions'), ...READ_TYPES },
      },
      put: {
        operationId: 'putEventType',
        summary: 'Define a type.',
        description:
          'Holds for events that arrive from now on. The definition that is in force already makes no new version.',
        security: ADMIN_KEY,
        parameters: [TYPE_PARAMETER],
        requestBody: { required: true, content: json('Definition') },
        responses: {
          200: answer('The definition in force.', 'EventType'),
          201: answer('The first definition of the type.', 'EventType'),
          ...problemResponses([
            'unauthenticated',
            'permission_denied',
            'conflict',
            'payload_too_large',
            'unsupported_media_type',
            'unavailable',
            'storage_full',
            'deadline_exceeded',
          ]),
        },
      },
    },
    '/v1/catalog/{subject}': {
      get: {
        operationId: 'getCatalogEntry',
        summary: 'What is known of a subject.',
        description: 'All that was confirmed before is in it, whoever put it.',
        security: API_KEY,
        parameters: [SUBJECT_PARAMETER],
        responses: {
          200: answer('The entry.', 'CatalogEntry'),
          ...problemResponses(['unauthenticated', 'not_found', 'unavailable', 'deadline_exceeded']),
        },
      },
      put: {
        operationId: 'putCatalogEntry',
        summary: 'Say what is known of a subject.',
        description:
          'For dimensions that an event type declares as enriched: their values are those of the entry that was known when the event was taken in. Events that are sent through this gateway after the answer know it, others within some seconds; what was counted before stays as it is.',
        security: ADMIN_KEY,
        parameters: [SUBJECT_PARAMETER],
        requestBody: { required: true, content: json('GivenEntry') },
        responses: { 200: answer('The entry is durable.', 'CatalogEntry'), ...PUT_ENTRY },
      },
      delete: {
        operationId: 'deleteCatalogEntry',
        summary: 'Say that nothing is known of a subject any more.',
        security: ADMIN_KEY,
        parameters: [SUBJECT_PARAMETER],
        responses: { 200: answer('The entry is deleted.', 'CatalogEntry'), ...PUT_ENTRY },
      },
    },
    '/v1/admin/ledger': {
      get: {
        operationId: 'readLedger',
        summary: 'What became of the events of the log, by hour.',
        description:
          'Each event that the log has taken is here once, in the hour in which it was appended, as soon as it is counted: the sum of the fates is what was acknowledged, with copies.',
        security: ADMIN_KEY,
        parameters: Object.entries(LEDGER).map(([name, rest]) => ({ name, ...rest })),
        responses: {
          200: answer('Sums of the shards that answered.', 'Ledger'),
          ...problemResponses([
            'unauthenticated',
            'permission_denied',
            'unavailable',
            'deadline_exceeded',
          ]),
        },
      },
    },
    '/v1/admin/losses': {
      get: {
        operationId: 'listLosses',
        summary: 'Records that are gone, and who accepted it.',
        description:
          'What stands beside the ledger: offsets that are in no counter because the log has lost them.',
        security: ADMIN_KEY,
        parameters: Object.entries(LOSSES).map(([name, rest]) => ({ name, ...rest })),
        responses: {
          200: answer('Losses that were accepted, page by page.', 'Losses'),
          ...problemResponses([
            'unauthenticated',
            'permission_denied',
            'unavailable',
            'deadline_exceeded',
          ]),
        },
      },
      post: {
        operationId: 'acceptLoss',
        summary: 'Accept that records are gone, so that their partition is counted again.',
        description:
          'The log must have none of them: out_of_range otherwise. The same range again changes nothing; after 503 and 504 it finishes what some shards have booked already.',
        security: ADMIN_KEY,
        requestBody: { required: true, content: json('Loss') },
        responses: {
          200: answer('Every shard has booked it.', 'AcceptedLoss'),
          ...problemResponses([
            'out_of_range',
            'unauthenticated',
            'permission_denied',
            'payload_too_large',
            'unsupported_media_type',
            'unavailable',
            'deadline_exceeded',
          ]),
        },
      },
    },
    ...DEAD_EVENT_PATHS,
    '/openapi.json': {
      get: {
        operationId: 'getOpenApi',
        summary: 'This document.',
        responses: {
          200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: {} } } },
          ...problemResponses([]),
        },
      },
    },
  },
  components: {
    securitySchemes: {
      apiKey: { type: 'http', scheme: 'bearer', description: 'Needed when the gateway has a key.' },
      adminKey: { type: 'http', scheme: 'bearer' },
    },
    schemas: SCHEMAS,
  },
} as const;
