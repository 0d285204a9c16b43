import { ImportProblem, quoted } from './reading.js';

/** An event that the gateway will never take. */
export interface RejectedEvent {
  /** Place in the batch, from 0. */
  readonly index: number;
  /** Its code and sentence. */
  readonly why: string;
}

export type Delivery =
  /** All are in, but for those. */
  | { readonly kind: 'taken'; readonly rejected: readonly RejectedEvent[] }
  /** For certain none is in. `isAnswer`: the gateway said so itself. */
  | Failure<'not taken'>
  /** Some may be in. */
  | Failure<'unknown'>;

interface Failure<Kind> {
  readonly kind: Kind;
  readonly why: string;
  readonly isAnswer: boolean;
  /** Trying again is of no use. */
  readonly isFinal?: boolean;
  readonly retryAfterMs?: number | undefined;
}

type Attempt = Delivery | { readonly kind: 'too much'; readonly why: string };

export interface Target {
  /** Base URL of the public API. */
  readonly gateway: string;
  /** Empty when it is open. */
  readonly apiKey: string;
}

/** The gateway reads for 30 s at most and waits 5 s for the log. */
const ANSWER_WITHIN_MS = 40_000;
/** Nothing was sent: no connection came about. */
const NO_CONNECTION: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // A port of another protocol, which fetch does not try; this one has no code.
  'bad port',
]);

/**
 * Sends events once. One that spoils its whole batch (400, 413) is found by halving and rejected
 * alone. ImportProblem for an answer that nobody can read.
 */
export async function deliver(events: readonly string[], target: Target): Promise<Delivery> {
  const attempt = await post(events, target);
  if (attempt.kind !== 'too much') return attempt;
  if (events.length === 1) return { kind: 'taken', rejected: [{ index: 0, why: attempt.why }] };
  const middle = Math.ceil(events.length / 2);
  const left = await deliver(events.slice(0, middle), target);
  if (left.kind !== 'taken') return left;
  const right = await deliver(events.slice(middle), target);
  if (right.kind !== 'taken') return { ...right, kind: 'unknown' };
  const behind = right.rejected.map(({ index, why }) => ({ index: index + middle, why }));
  return { kind: 'taken', rejected: [...left.rejected, ...behind] };
}

async function post(events: readonly string[], target: Target): Promise<Attempt> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${target.gateway}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(target.apiKey === '' ? {} : { authorization: `Bearer ${target.apiKey}` }),
      },
      body: events.join('\n'),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    text = await response.text();
  } catch (error) {
    const { message, code } = reasonOf(error);
    const kind = NO_CONNECTION.has(code ?? message) ? 'not taken' : 'unknown';
    return { kind, why: `no answer (${message})`, isAnswer: false };
  }
  const { status } = response;
  const why = `${status} ${quoted(text)}`;
  if (status === 202 || status === 422) return { kind: 'taken', rejected: parse(text, events) };
  if (status === 400 || status === 413) return { kind: 'too much', why };
  const retryAfterMs = waitOf(response.headers.get('retry-after'));
  if (status === 429) return { kind: 'not taken', why, isAnswer: true, retryAfterMs };
  if (status === 408 || status >= 500)
    return { kind: 'unknown', why, isAnswer: true, retryAfterMs };
  const refusal =
    status === 401 || status === 403
      ? `the gateway answered ${why}; TALLY_API_KEY holds the key`
      : `${target.gateway} is no gateway of Tally: it answered ${why}`;
  return { kind: 'not taken', why: refusal, isAnswer: true, isFinal: true };
}

function parse(text: string, events: readonly string[]): RejectedEvent[] {
  try {
    const { accepted, rejected, results } = JSON.parse(text) as {
      readonly accepted: number;
      readonly rejected: number;
      readonly results: readonly { index: number; code: string; detail: string }[];
    };
    if (accepted + rejected === events.length && results.length === rejected)
      return results.map(({ index, code, detail }) => ({ index, why: `${code}: ${detail}` }));
  } catch {
    // Said below.
  }
  throw new ImportProblem(
    `expected what became of ${events.length} events, the gateway answered ${quoted(text)}`,
  );
}

interface Reason {
  readonly message?: string;
  readonly code?: unknown;
  readonly cause?: Reason;
}

/** Why fetch failed: its own message says little, the cause behind it more. */
function reasonOf(error: unknown): { readonly message: string; readonly code: unknown } {
  const { message, code } = (error as Reason).cause ?? (error as Reason);
  return { message: message || String(code), code };
}

/** `Retry-After` in ms: seconds, or a date. */
function waitOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,6}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
