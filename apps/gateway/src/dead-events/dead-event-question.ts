import { DEAD_CAUSES, isEventTypeName, type deadLetterReplayer } from '@tally/contracts';
import { quoted } from '../events/rejection.js';
import { ParameterReader } from '../http/parameter-reader.js';
import { hintOn, parseTime } from '../stats/time-text.js';

export const DEAD_EVENT_STATES = ['open', 'replayed', 'discarded', 'unsettled', 'unknown'] as const;
const FILTERS = ['partition', 'cause', 'type', 'shard', 'state', 'from', 'to'] as const;
export const DEAD_EVENT_PARAMETERS = [...FILTERS, 'after', 'limit'] as const;
export const DEAD_EVENT_GROUP_PARAMETERS = [...FILTERS, 'after'] as const;
export const DEAD_EVENT_ACTION_PARAMETERS = ['before', 'limit'] as const;
/** Of a page. */
export const MAX_DEAD_EVENTS = 500;
const MAX_NUMBER = 2 ** 31 - 1;

/** Which dead events are asked for, and from where. */
export interface DeadEventQuestion {
  readonly filter: deadLetterReplayer.DeadEventFilter;
  readonly after: string;
  readonly limit: number;
}

/** Of a request target, asked at `nowMs`. TallyError `invalid_argument` with all that is wrong with it. */
export function readDeadEventQuestion(
  target: string,
  nowMs: number,
  allowed: readonly string[] = DEAD_EVENT_PARAMETERS,
): DeadEventQuestion {
  const reader = new ParameterReader(target, allowed);
  const filter: deadLetterReplayer.DeadEventFilter = {
    ...numberOf(reader, 'partition'),
    ...numberOf(reader, 'shard'),
    causes: [...reader.words('cause', DEAD_CAUSES)],
    states: [...reader.words('state', DEAD_EVENT_STATES)],
    ...typeOf(reader),
    ...timeOf(reader, 'from', nowMs),
    ...timeOf(reader, 'to', nowMs),
  };
  const after = reader.one('after') ?? '';
  if (!/^(\d{1,10}:\d{1,18}:\d{1,10})?$/.test(after))
    reader.refuse(`expected after to be what next was in an answer, got ${quoted(after)}`);
  const limit = limitOf(reader);
  if (reader.hasProblems) throw reader.refusal();
  return { filter, after, limit };
}

/** What people did: those before an instant, so many at most. TallyError `invalid_argument`. */
export function readActionQuestion(
  target: string,
  nowMs: number,
): deadLetterReplayer.ListDeadEventActionsRequest {
  const reader = new ParameterReader(target, DEAD_EVENT_ACTION_PARAMETERS);
  const { beforeMs } = timeOf(reader, 'before', nowMs) as { readonly beforeMs?: string };
  const limit = limitOf(reader);
  if (reader.hasProblems) throw reader.refusal();
  return { limit, ...(beforeMs !== undefined && { beforeMs }) };
}

function limitOf(reader: ParameterReader): number {
  const limit = reader.one('limit') ?? '100';
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MAX_DEAD_EVENTS)
    reader.refuse(`expected limit to be 1 to ${MAX_DEAD_EVENTS}, got ${quoted(limit)}`);
  return Number(limit);
}

function numberOf(reader: ParameterReader, name: 'partition' | 'shard'): object {
  const text = reader.one(name);
  if (text === undefined) return {};
  if (!/^\d{1,10}$/.test(text) || Number(text) > MAX_NUMBER)
    reader.refuse(`expected ${name} to be the number of one, from 0`);
  return { [name]: Number(text) };
}

function typeOf(reader: ParameterReader): object {
  const type = reader.one('type');
  if (type === undefined) return {};
  if (!isEventTypeName(type)) reader.refuse(`expected an event type, got ${quoted(type)}`);
  return { type };
}

function timeOf(reader: ParameterReader, name: string, nowMs: number): object {
  const text = reader.one(name);
  if (text === undefined) return {};
  const time = parseTime(text, nowMs);
  if (time?.kind !== 'instant' || time.ms < 0) {
    reader.refuse(
      `expected ${name} to be an instant (2026-01-31T12:00:00Z, -7d), got ${quoted(text)}${hintOn(text)}`,
    );
    return {};
  }
  return { [`${name}Ms`]: String(time.ms) };
}
