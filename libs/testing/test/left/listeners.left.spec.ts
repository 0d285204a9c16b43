import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';

// Not part of any suite: listener-guard.int.spec.ts starts it.
it('leaves many listeners behind', async () => {
  const socket = new EventEmitter();
  for (let answer = 0; answer < 11; answer++) socket.on('drain', () => undefined);
  await setImmediate();
  expect(socket.listenerCount('drain')).toBe(11);
});
