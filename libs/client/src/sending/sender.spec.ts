import { describe, expect, it } from '@jest/globals';
import type { Delivery } from '../delivery/delivery.js';
import { Sender } from './sender.js';

const TAKEN: Delivery = { kind: 'taken', rejected: [] };
const NO_KEY: Delivery = { kind: 'not taken', why: '401', isAnswer: true, final: 'key' };

/** Answers what it is told to, when it is told to. */
function heldGateway(connections: number) {
  const held: { readonly event: string; answer(delivery: Delivery): void }[] = [];
  const taken: string[] = [];
  const sender = new Sender({
    connections,
    deliver: ([event = '']) => new Promise((answer) => held.push({ event, answer })),
    onTaken: ({ events }) => {
      if (events[0] === 'bad') throw new RangeError('a bug');
      taken.push(...events);
    },
    report: () => undefined,
  });
  const send = (event: string) => sender.send({ events: [event] });
  return { held, taken, sender, send };
}

describe('a sender', () => {
  it('has so many batches on their way and no more', async () => {
    const { held, taken, sender, send } = heldGateway(2);
    await send('a');
    await send('b');
    const third = send('c');
    expect(held.map(({ event }) => event)).toEqual(['a', 'b']);
    held[1]?.answer(TAKEN);
    await third;
    expect(held.map(({ event }) => event)).toEqual(['a', 'b', 'c']);
    held[0]?.answer(TAKEN);
    held[2]?.answer(TAKEN);
    expect(await sender.drain()).toBeUndefined();
    expect(taken).toEqual(['b', 'a', 'c']);
  });

  it('ends with the first batch that cannot be sent, and lets the others come to their end', async () => {
    const { held, taken, sender, send } = heldGateway(2);
    await send('a');
    await send('b');
    const third = send('c');
    held[0]?.answer(NO_KEY);
    const end = {
      batch: { events: ['a'] },
      stopped: { kind: 'refused', reason: 'key', why: '401' },
    };
    expect(await third).toEqual(end);
    expect(held.length).toBe(2);
    held[1]?.answer(TAKEN);
    expect(await sender.drain()).toEqual(end);
    expect(taken).toEqual(['b']);
  });

  it('throws a bug of those who use it', async () => {
    const { held, sender, send } = heldGateway(1);
    await send('bad');
    held[0]?.answer(TAKEN);
    await expect(sender.drain()).rejects.toThrow('a bug');
    await expect(send('b')).rejects.toThrow('a bug');
  });
});
