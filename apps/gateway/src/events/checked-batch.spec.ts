import { describe, expect, it } from '@jest/globals';
import { NO_DIGITS_LOST } from './batch-step.js';
import { CheckedBatch } from './checked-batch.js';

function checked(events: readonly object[], listAll: boolean): CheckedBatch {
  const batch = new CheckedBatch({
    project: 'default',
    nowMs: 1000,
    arrivedMs: 1000,
    maxAgeMs: () => null,
    bytes: 1000,
    listAll,
    newId: () => 'assigned',
  });
  batch.add({ kind: 'events', events, inexact: NO_DIGITS_LOST });
  return batch;
}

const good = (id: string, more: object = {}) => ({
  id,
  type: 'view',
  subject: 's',
  attributes: { country: 'NL', new: true },
  ...more,
});

describe('the results of a batch', () => {
  const events = [
    good('a'),
    good('a', { value: 1 }),
    good('b'),
    { id: 'c', type: 'view' },
    good('c'),
    good('a', { attributes: { new: true, country: 'NL' } }),
  ];

  it('name the second event of an id, which counts for nobody, and whether it is a copy', () => {
    const { results, accepted } = checked(events, true);
    expect(accepted).toBe(5);
    expect(results).toEqual([
      { index: 0, status: 'accepted', id: 'a' },
      {
        index: 1,
        status: 'duplicate',
        id: 'a',
        detail: 'the event at index 0 has this id and other contents, and is the one that counts',
      },
      { index: 2, status: 'accepted', id: 'b' },
      expect.objectContaining({ index: 3, status: 'rejected', id: 'c' }),
      { index: 4, status: 'accepted', id: 'c' },
      { index: 5, status: 'duplicate', id: 'a', detail: 'a copy of the event at index 0' },
    ]);
  });

  it('have the rejected ones alone unless all are asked for', () => {
    const { results, accepted } = checked(events, false);
    expect(accepted).toBe(5);
    expect(results).toMatchObject([{ index: 3, status: 'rejected' }]);
  });
});
