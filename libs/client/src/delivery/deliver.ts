import { meaningOf, type Attempt } from './answer.js';
import type { Delivery } from './delivery.js';

/** The Tally that events go to. */
export interface Target {
  /** Base URL of the public API, without a slash at its end. */
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
 * Sends events once; each is the JSON text of one event, without a line break. One that spoils its
 * whole batch (400, 413) is found by halving and rejected alone.
 */
export async function deliver(
  events: readonly string[],
  target: Target,
  answerWithinMs = ANSWER_WITHIN_MS,
): Promise<Delivery> {
  const attempt = await post(events, target, answerWithinMs);
  if (attempt.kind !== 'spoiled') return attempt;
  if (events.length === 1) return { kind: 'taken', rejected: [{ index: 0, why: attempt.why }] };
  const middle = Math.ceil(events.length / 2);
  const left = await deliver(events.slice(0, middle), target, answerWithinMs);
  if (left.kind !== 'taken') return left;
  const right = await deliver(events.slice(middle), target, answerWithinMs);
  if (right.kind !== 'taken') return { ...right, kind: 'unknown' };
  const behind = right.rejected.map(({ index, why }) => ({ index: index + middle, why }));
  return { kind: 'taken', rejected: [...left.rejected, ...behind] };
}

async function post(
  events: readonly string[],
  { gateway, apiKey }: Target,
  answerWithinMs: number,
): Promise<Attempt> {
  const headers: Record<string, string> = { 'content-type': 'application/x-ndjson' };
  if (apiKey !== '') headers['authorization'] = `Bearer ${apiKey}`;
  try {
    const response = await fetch(`${gateway}/v1/events`, {
      method: 'POST',
      headers,
      body: events.join('\n'),
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const { status } = response;
    const retryAfter = response.headers.get('retry-after');
    const text = await response.text();
    return meaningOf({ status, text, retryAfter }, events.length, gateway);
  } catch (error) {
    const { message, code } = reasonOf(error);
    const kind = NO_CONNECTION.has(code ?? message) ? 'not taken' : 'unknown';
    return { kind, why: `no answer (${message})`, isAnswer: false };
  }
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
