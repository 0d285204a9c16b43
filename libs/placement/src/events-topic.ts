import { parseDocument } from '@tally/contracts';
import { z } from 'zod';

/** Path of the node that names the current events topic. */
export const TOPICS_NODE = '/topics/events';

const EVENTS_TOPIC = z
  .object(
    {
      name: z
        .string(expected('a topic name'))
        .regex(/^events-[0-9a-f]{16}$/, expected('a topic name')),
      partitions: wholeNumber(4096, expected('1 to 4096 partitions')),
      dedupWindowMs: wholeNumber(Number.MAX_SAFE_INTEGER, expected('a dedup window in ms')),
    },
    'expected the definition of an events topic',
  )
  .readonly();

/**
 * The definition of an events topic: fixed when it is made; more partitions are another topic. Its
 * name `events-<random>` is unique for ever; `dedupWindowMs` is how long a duplicate is recognised, in
 * append time.
 */
export type EventsTopic = z.output<typeof EVENTS_TOPIC>;

/** RangeError that says what is wrong. */
export function parseEventsTopic(value: unknown): EventsTopic {
  return parseDocument(EVENTS_TOPIC, value);
}

function wholeNumber(max: number, problem: ReturnType<typeof expected>) {
  return z.int(problem).min(1, problem).max(max, problem);
}

function expected(what: string) {
  return {
    error: ({ input }: { readonly input?: unknown }) => `expected ${what}, got ${String(input)}`,
  };
}
