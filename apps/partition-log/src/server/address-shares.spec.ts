import { describe, expect, it } from '@jest/globals';
import { AddressShares } from './address-shares.js';

const shares = () =>
  new AddressShares({
    maxSockets: 3,
    maxSocketsPerAddress: 2,
    maxRequestBytes: 100,
    maxAnswerBytes: 100,
    onWait: () => undefined,
  });

describe('AddressShares', () => {
  it('takes sockets up to the bounds, and again when some are given back', () => {
    const all = shares();
    expect(['a', 'a', 'a', 'b', 'b'].map((address) => all.takeSocket(address))).toEqual([
      'taken',
      'taken',
      'too many of one address',
      'taken',
      'too many connections',
    ]);
    all.giveSocketBack('a');
    expect(all.takeSocket('b')).toBe('taken');
  });

  it('lets one address wait for itself, and nobody for it', async () => {
    const all = shares();
    for (const address of ['a', 'b']) all.takeSocket(address);
    const held = await all.reserve('requests', 'a', 40);
    let hasMore = false;
    const more = all.reserve('requests', 'a', 40).then((reservation) => {
      hasMore = true;
      return reservation;
    });
    const other = await all.reserve('requests', 'b', 40);
    expect([hasMore, all.requests.bytesInUse]).toEqual([false, 80]);
    held.release();
    (await more).release();
    other.release();
    expect(all.requests.bytesInUse).toBe(0);
  });
});
