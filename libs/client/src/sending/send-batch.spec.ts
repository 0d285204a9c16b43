import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Delivery } from '../delivery/delivery.js';
import { RESEND_WITHIN_MS } from './resend-rule.js';
import { sendBatch, type Batch, type SendOptions } from './send-batch.js';

const TAKEN: Delivery = { kind: 'taken', rejected: [] };
const NO_CONNECTION: Delivery = { kind: 'not taken', why: 'refused', isAnswer: false };
const HUNG_UP: Delivery = { kind: 'unknown', why: 'hung up', isAnswer: false };
const FULL: Delivery = { kind: 'unknown', why: '503', isAnswer: true };
const TOO_MANY: Delivery = { kind: 'not taken', why: '429', isAnswer: true };
const NO_KEY: Delivery = { kind: 'not taken', why: '401', isAnswer: true, final: 'key' };

let clock: number;
let noted: string[];
beforeEach(() => {
  [clock, noted] = [0, []];
});

/** Sends one batch; the gateway gives these answers, then takes it. Waiting takes no time of ours. */
async function send(
  answers: readonly Delivery[],
  options: Partial<SendOptions> = {},
  batch: Partial<Batch> = {},
) {
  const left = [...answers];
  return sendBatch(
    { events: ['{}'], ...batch },
    {
      deliver: () => Promise.resolve(left.shift() ?? TAKEN),
      notes: {
        sending: (_, at) => noted.push(`sending at ${at}`),
        taken: () => noted.push('taken'),
        withdrawn: () => noted.push('withdrawn'),
      },
      now: () => clock,
      wait: (ms) => Promise.resolve((clock += ms)),
      ...options,
    },
  );
}

describe('a batch', () => {
  it('is noted before it is sent, and when it is in', async () => {
    expect(await send([])).toEqual(TAKEN);
    expect(noted).toEqual(['sending at 0', 'taken']);
  });

  it('is sent until it is in, and noted as in doubt once', async () => {
    expect(await send([FULL, HUNG_UP, TOO_MANY])).toEqual(TAKEN);
    expect(noted).toEqual(['sending at 0', 'taken']);
  });

  it('is withdrawn as long as nothing of it was on its way', async () => {
    await send([TOO_MANY, TOO_MANY, FULL], { wait: () => Promise.resolve((clock += 1)) });
    expect(noted).toEqual([
      'sending at 0',
      'withdrawn',
      'sending at 1',
      'withdrawn',
      'sending at 2',
      'taken',
    ]);
  });

  it('is left alone rather than sent when its ids may be forgotten', async () => {
    const never = Array.from({ length: 1000 }, () => FULL);
    expect(await send(never)).toEqual({ kind: 'in doubt', why: '503' });
    expect(clock).toBeLessThanOrEqual(RESEND_WITHIN_MS);
    expect(clock).toBeGreaterThan(RESEND_WITHIN_MS - 60_000);
  });

  it('of an earlier run is sent only within that time', async () => {
    clock = RESEND_WITHIN_MS;
    expect(await send([], {}, { doubtSince: 0 })).toEqual(TAKEN);
    clock = RESEND_WITHIN_MS + 1;
    expect(await send([], {}, { doubtSince: 0 })).toMatchObject({ kind: 'in doubt' });
  });

  it('is refused for good with a wrong key', async () => {
    expect(await send([NO_KEY])).toEqual({ kind: 'refused', reason: 'key', why: '401' });
    expect(noted).toEqual(['sending at 0', 'withdrawn']);
  });

  it('needs a gateway that has answered once, or one that is known to be there', async () => {
    expect(await send([NO_CONNECTION])).toEqual({ kind: 'unreachable', why: 'refused' });
    const silent = Array.from({ length: 1000 }, () => HUNG_UP);
    expect(await send(silent)).toEqual({ kind: 'unreachable', why: 'hung up' });
    expect(clock).toBeLessThan(60_000);
    const contact = { hasAnswered: true };
    expect(await send([NO_CONNECTION, HUNG_UP], { contact })).toEqual(TAKEN);
  });

  it('is given up after so many tries, and when that is asked for', async () => {
    expect(await send([FULL, FULL, FULL], { maxTries: 2 })).toEqual({
      kind: 'given up',
      why: '503',
    });
    const stopping = new AbortController();
    const result = await send([FULL, FULL], {
      signal: stopping.signal,
      onRetry: () => stopping.abort(),
    });
    expect(result).toEqual({ kind: 'given up', why: '503' });
  });
});
