import { DEAD_CAUSES, EVENT_TYPE_PATTERN } from '@tally/contracts';
import {
  DEAD_EVENT_ACTION_PARAMETERS,
  DEAD_EVENT_GROUP_PARAMETERS,
  DEAD_EVENT_PARAMETERS,
  DEAD_EVENT_STATES,
  MAX_DEAD_EVENTS,
} from '../dead-events/dead-event-question.js';
import { problemResponses } from './problem-responses.js';

const json = (schema: string) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${schema}` } },
});
const answer = (description: string, schema: string) => ({ description, content: json(schema) });
const ADMIN_KEY = [{ adminKey: [] }];
const READS = problemResponses([
  'unauthenticated',
  'permission_denied',
  'unavailable',
  'deadline_exceeded',
]);
const SETTLES = problemResponses([
  'unauthenticated',
  'permission_denied',
  'payload_too_large',
  'unsupported_media_type',
  'unavailable',
  'deadline_exceeded',
]);

const number = { type: 'integer', minimum: 0 };
const time = { type: 'string', examples: ['2026-01-31T12:00:00Z', '-7d'] };
const PARAMETERS: Readonly<
  Record<
    | (typeof DEAD_EVENT_PARAMETERS)[number]
    | (typeof DEAD_EVENT_ACTION_PARAMETERS)[number]
    | 'offset'
    | 'index',
    readonly [description: string, schema: object]
  >
> = {
  partition: ['Partition of the events topic.', number],
  offset: ['Offset of its record.', number],
  index: ['In its block, from 0.', number],
  cause: ['Why it is dead; with commas, or repeated.', { enum: DEAD_CAUSES }],
  type: ['Event type, of those that can be read.', { type: 'string', pattern: EVENT_TYPE_PATTERN }],
  shard: ['That was told of it.', number],
  state: ['What became of it; with commas, or repeated.', { enum: DEAD_EVENT_STATES }],
  from: ['Append time, inclusive.', time],
  to: ['Append time, exclusive.', time],
  before: ['Those taken before.', time],
  after: ['What next was in the answer before: the page behind it.', { type: 'string' }],
  limit: [
    'How many at most.',
    { type: 'integer', minimum: 1, maximum: MAX_DEAD_EVENTS, default: 100 },
  ],
};
const inQuery = (names: readonly (keyof typeof PARAMETERS)[]) =>
  names.map((name) => {
    const [description, schema] = PARAMETERS[name];
    return { name, in: 'query', required: false, description, schema };
  });
const inPath = (names: readonly (keyof typeof PARAMETERS)[]) =>
  names.map((name) => {
    const [description, schema] = PARAMETERS[name];
    return { name, in: 'path', required: true, description, schema };
  });

const settle = (operationId: string, summary: string, description: string) => ({
  post: {
    operationId,
    summary,
    description: `${description} Each event is settled once, whatever is repeated; after 503 and 504 the same request goes on.`,
    security: ADMIN_KEY,
    parameters: [
      {
        name: 'dryRun',
        in: 'query',
        required: false,
        description: 'true: nothing is changed; the answer says what would be.',
        schema: { type: 'boolean', default: false },
      },
    ],
    requestBody: { required: true, content: json('DeadEventSettlement') },
    responses: {
      200: answer('What was settled, and what was left.', 'SettledDeadEvents'),
      ...SETTLES,
    },
  },
});

/** Dead events: events of the log that are not counted, and what people do with them. */
export const DEAD_EVENT_PATHS = {
  '/v1/admin/dead-events': {
    get: {
      operationId: 'listDeadEvents',
      summary: 'Events of the log that are not counted.',
      description:
        'In the order in which they were kept. A page may have no event and yet a next one: so much is read at once.',
      security: ADMIN_KEY,
      parameters: inQuery(DEAD_EVENT_PARAMETERS),
      responses: { 200: answer('A page.', 'DeadEvents'), ...READS },
    },
  },
  '/v1/admin/dead-events/groups': {
    get: {
      operationId: 'countDeadEvents',
      summary: 'How many there are, by cause, type, state and shard.',
      description: 'Groups of what was read at once; with next, add those of the next answer.',
      security: ADMIN_KEY,
      parameters: inQuery(DEAD_EVENT_GROUP_PARAMETERS),
      responses: { 200: answer('The groups.', 'DeadEventGroups'), ...READS },
    },
  },
  '/v1/admin/dead-events/actions': {
    get: {
      operationId: 'listDeadEventActions',
      summary: 'What people did with dead events, the latest first.',
      security: ADMIN_KEY,
      parameters: inQuery(DEAD_EVENT_ACTION_PARAMETERS),
      responses: { 200: answer('Who, when, what and how many.', 'DeadEventActions'), ...READS },
    },
  },
  '/v1/admin/dead-events/replay': settle(
    'replayDeadEvents',
    'Count dead events all the same.',
    'What can be read by now is counted as its type was in the version that its block names, whatever its age.',
  ),
  '/v1/admin/dead-events/discard': settle(
    'discardDeadEvents',
    'Say that dead events are never counted.',
    'They stay in the ledger as they are.',
  ),
  '/v1/admin/dead-events/{partition}/{offset}/{index}': {
    get: {
      operationId: 'getDeadEvent',
      summary: 'Look into a dead event.',
      security: ADMIN_KEY,
      parameters: inPath(['partition', 'offset', 'index']),
      responses: {
        200: answer('The event, as far as it can be read, and its bytes.', 'DeadEventDetail'),
        ...problemResponses([
          'unauthenticated',
          'permission_denied',
          'not_found',
          'unavailable',
          'deadline_exceeded',
        ]),
      },
    },
  },
} as const;
