import { quoted } from '../quoted.js';
import type { Delivery, RejectedEvent } from './delivery.js';
import { retryAfterMsOf } from './retry-after.js';

/** What the gateway answered to `POST /v1/events`. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The header; null without it. */
  readonly retryAfter: string | null;
}

/** What is known after one request; `spoiled`: one of its events, or its size, spoils all of it. */
export type Attempt = Delivery | { readonly kind: 'spoiled'; readonly why: string };

/**
 * What an answer means for the events that were sent:
 *
 *   202, 422        each event has been accepted or rejected
 *   400, 413        none is in: the body as a whole was refused
 *   429             none is in, and the gateway will take them later
 *   408, 5xx        nobody knows: the log may have them although the answer does not say so
 *   401, 403        none is in, and none will be with this key
 *   anything else   this is no gateway of Tally
 */
export function meaningOf(
  { status, text, retryAfter }: Answer,
  events: number,
  gateway: string,
): Attempt {
  const why = `${status} ${quoted(text)}`;
  if (status === 202 || status === 422) return readResults(text, events);
  if (status === 400 || status === 413) return { kind: 'spoiled', why };
  const retryAfterMs = retryAfterMsOf(retryAfter);
  if (status === 429) return { kind: 'not taken', why, isAnswer: true, retryAfterMs };
  if (status === 408 || status >= 500)
    return { kind: 'unknown', why, isAnswer: true, retryAfterMs };
  const refused = { kind: 'not taken', isAnswer: true } as const;
  if (status === 401 || status === 403)
    return { ...refused, why: `the gateway answered ${why}`, final: 'key' };
  const stranger = `${gateway} is no gateway of Tally: it answered ${why}`;
  return { ...refused, why: stranger, final: 'no gateway' };
}

interface ResultsDocument {
  readonly accepted: number;
  readonly rejected: number;
  readonly results: readonly {
    readonly index: number;
    readonly code: string;
    readonly detail: string;
  }[];
}

function readResults(text: string, events: number): Delivery {
  const rejected = rejectedIn(text, events);
  if (rejected !== undefined) return { kind: 'taken', rejected };
  return {
    kind: 'unknown',
    why: `expected what became of ${events} events, the gateway answered ${quoted(text)}`,
    isAnswer: true,
    final: 'unreadable',
  };
}

/** Undefined when the text does not say what became of each of so many events. */
function rejectedIn(text: string, events: number): RejectedEvent[] | undefined {
  try {
    const { accepted, rejected, results } = JSON.parse(text) as ResultsDocument;
    if (accepted + rejected !== events || results.length !== rejected) return undefined;
    return results.map(({ index, code, detail }) => ({ index, why: `${code}: ${detail}` }));
  } catch {
    return undefined;
  }
}
