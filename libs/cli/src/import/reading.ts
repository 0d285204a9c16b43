/** What one record of an input says: an event to send, or why it says none. */
export type Reading =
  | {
      readonly kind: 'event';
      /** The event as `POST /v1/events` takes it: one line of JSON. */
      readonly json: string;
    }
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** An empty line. */
  | { readonly kind: 'nothing' };

/** One line of a log or of NDJSON, or one row of CSV. */
export interface InputRecord {
  /** What tells it from others: its bytes, without the end of the line. */
  readonly content: string | Buffer;
  /** Parses it now; `id` is for an event that brings none. */
  read(id: string): Reading;
}

/** `reason`: what was expected and what came. */
export function unreadable(reason: string): Reading {
  return { kind: 'unreadable', reason };
}

/** The gateway's limit for subjects, in bytes of UTF-8. */
export const MAX_SUBJECT_BYTES = 512;
/** A line longer than this is no event: it is passed over without being held in memory. */
export const MAX_RECORD_BYTES = 1 << 20;
