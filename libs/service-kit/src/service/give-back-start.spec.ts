import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { eventually } from '@tally/testing';
import { giveBackStart } from './give-back-start.js';

/** Something that nobody holds. */
const leftBehind = () => new WeakRef({ of: 'the start' });

it('what the start left behind is collected', async () => {
  const left = leftBehind();
  expect(left.deref()).toEqual({ of: 'the start' });
  // A reference that was read is held until the turn is over.
  await delay(0);
  giveBackStart(0);
  await eventually('it is collected', () => left.deref() === undefined);
});
