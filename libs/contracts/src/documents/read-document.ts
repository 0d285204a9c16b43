import type { z } from 'zod';

/** A document as its schema has it, or the first thing that is wrong with it. */
export type ReadDocument<T> =
  | { readonly kind: 'document'; readonly value: T }
  | { readonly kind: 'malformed'; readonly problem: string };

/** Checks what somebody else wrote. A problem is the schema's own sentence: what was expected. */
export function readDocument<T>(schema: z.ZodType<T>, value: unknown): ReadDocument<T> {
  const { data, error } = schema.safeParse(value);
  return error === undefined
    ? { kind: 'document', value: data }
    : { kind: 'malformed', problem: error.issues[0]?.message ?? error.message };
}

/** The document that a node of ZooKeeper holds. RangeError that says what is wrong with it. */
export function parseDocument<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = readDocument(schema, value);
  if (read.kind === 'malformed') throw new RangeError(read.problem);
  return read.value;
}
