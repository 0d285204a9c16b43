import {
  LOSS_NAME_BYTES,
  LOSS_REASON_BYTES,
  readDocument,
  type shardProxy,
  TallyError,
} from '@tally/contracts';
import { z } from 'zod';
import { quoted } from '../events/rejection.js';
import { utf8Bytes } from '../events/text-rule.js';

const MAX_PARTITION = 2 ** 31 - 1;

const offset = (what: string) =>
  z
    .int(`expected ${what} as a whole number`)
    .min(0, `expected ${what} from 0`)
    .describe(sentence(what));

const text = (what: string, maxBytes: number) => {
  const expected = `expected ${what} in 1 to ${maxBytes} bytes of UTF-8 without NUL`;
  return z
    .string(expected)
    .refine((given) => utf8Bytes(given) >= 1 && utf8Bytes(given) <= maxBytes, expected)
    .meta({ minLength: 1, maxLength: maxBytes })
    .describe(sentence(`${what}: 1 to ${maxBytes} bytes of UTF-8, no NUL`));
};

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const LOSS_PARTS = {
  partition: z
    .int('expected the number of a partition')
    .min(0, 'expected the number of a partition')
    .max(MAX_PARTITION, 'expected the number of a partition')
    .describe('Partition of the events topic.'),
  from: offset('the first offset that is given up'),
  to: offset('the offset behind the last that is given up'),
  by: text('who accepts the loss', LOSS_NAME_BYTES),
  reason: text('why the records are gone', LOSS_REASON_BYTES),
};

/** What a person gives up. */
export const GIVEN_LOSS = z.strictObject(LOSS_PARTS, {
  error: (issue) =>
    issue.code === 'unrecognized_keys'
      ? `expected partition, from, to, by and reason, got ${quoted(issue.keys[0] ?? '')}`
      : 'expected an object',
});

/** A loss as it is booked. */
export const ACCEPTED_LOSS = z.object({
  topic: z.string(),
  ...LOSS_PARTS,
  acceptedAt: z.string().meta({ format: 'date-time' }),
  shards: z
    .array(
      z.object({
        shard: z.int().min(0),
        lostRecords: z
          .int()
          .min(0)
          .describe('Offsets of the range that this shard had not counted.'),
      }),
    )
    .describe(
      'Those that have booked it. How many events the records had nobody knows: they are gone.',
    ),
});

/** A loss as it is booked. */
export type AcceptedLoss = z.output<typeof ACCEPTED_LOSS>;

/** What a person gives up. TallyError `invalid_argument`. */
export function readLoss(document: unknown): z.output<typeof GIVEN_LOSS> {
  const read = readDocument(GIVEN_LOSS, document);
  if (read.kind === 'malformed') throw new TallyError('invalid_argument', read.problem);
  const { from, to } = read.value;
  if (from >= to)
    throw new TallyError('invalid_argument', `expected from below to, got ${from} and ${to}`);
  return read.value;
}

/**
 * Losses as people see them, ascending by topic, partition and offset: each once, with the shards that
 * have booked it; who and why are what was said first.
 */
export function lossDocuments(
  byShard: Iterable<readonly [shard: number, losses: readonly shardProxy.Loss[]]>,
): AcceptedLoss[] {
  const found = new Map<string, { first: shardProxy.Loss; shards: AcceptedLoss['shards'] }>();
  for (const [shard, losses] of byShard) {
    for (const loss of losses) {
      const key = [loss.partition?.topic, loss.partition?.partition, loss.from, loss.to].join(' ');
      const known = found.get(key) ?? { first: loss, shards: [] };
      known.shards.push({ shard, lostRecords: Number(loss.lostRecords) });
      if (Number(loss.acceptedAtMs) < Number(known.first.acceptedAtMs)) known.first = loss;
      found.set(key, known);
    }
  }
  return [...found.values()]
    .map(({ first, shards }) => ({
      topic: first.partition?.topic ?? '',
      partition: first.partition?.partition ?? 0,
      from: Number(first.from),
      to: Number(first.to),
      by: first.acceptedBy,
      reason: first.reason,
      acceptedAt: new Date(Number(first.acceptedAtMs)).toISOString(),
      shards,
    }))
    .sort(byPlace);
}

function byPlace(one: AcceptedLoss, other: AcceptedLoss): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  return one.partition - other.partition || one.from - other.from || one.to - other.to;
}
