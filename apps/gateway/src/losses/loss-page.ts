import type { shardProxy } from '@tally/contracts';
import { ParameterReader } from '../http/parameter-reader.js';
import { quoted } from '../events/rejection.js';
import { lossDocuments, type AcceptedLoss } from './loss-document.js';

export const LOSS_PARAMETERS = ['after', 'limit'] as const;
/** Of a page: with names and reasons as long as they may be 0.7 MB of each shard. */
export const MAX_LOSSES = 500;

/** Topic, partition, from and to: all that tells a loss from others. */
const PLACE = /^([\w.-]{1,249}):(\d{1,10}):(\d{1,18}):(\d{1,18})$/;
const MAX_PARTITION = 2 ** 31 - 1;

/** Which losses are asked for. */
export interface LossQuestion {
  readonly after: shardProxy.LossPlace | undefined;
  readonly limit: number;
}

/** Some of the losses, ascending; `next` is where the next page begins, undefined when there is none. */
export interface LossPage {
  readonly losses: readonly AcceptedLoss[];
  readonly next: string | undefined;
}

/** Of a request target. TallyError `invalid_argument` with all that is wrong with it. */
export function readLossQuestion(target: string): LossQuestion {
  const reader = new ParameterReader(target, LOSS_PARAMETERS);
  const after = reader.one('after');
  const place = after === undefined ? undefined : placeOf(after);
  if (after !== undefined && place === undefined)
    reader.refuse(`expected after to be what next was in an answer, got ${quoted(after)}`);
  const limit = reader.one('limit') ?? String(MAX_LOSSES);
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MAX_LOSSES)
    reader.refuse(`expected limit to be 1 to ${MAX_LOSSES}, got ${quoted(limit)}`);
  if (reader.hasProblems) throw reader.refusal();
  return { after: place, limit: Number(limit) };
}

/** One page of all, out of those of the shards, each of which was asked for at most `limit`. */
export function lossPage(
  byShard: readonly (readonly [shard: number, losses: readonly shardProxy.Loss[]])[],
  limit: number,
): LossPage {
  const all = lossDocuments(byShard);
  // Behind the last of `limit` losses of a shard it may have more that belong between those of others.
  const isFull = byShard.some(([, losses]) => losses.length >= limit);
  const losses = all.slice(0, limit);
  const last = losses.at(-1);
  const isLast = last === undefined || (!isFull && all.length <= limit);
  return { losses, next: isLast ? undefined : textOf(last) };
}

function placeOf(text: string): shardProxy.LossPlace | undefined {
  const [, topic = '', partition = '', from = '', to = ''] = PLACE.exec(text) ?? [];
  if (topic === '' || Number(partition) > MAX_PARTITION) return undefined;
  return { partition: { topic, partition: Number(partition) }, from, to };
}

function textOf({ topic, partition, from, to }: AcceptedLoss): string {
  return `${topic}:${partition}:${from}:${to}`;
}
