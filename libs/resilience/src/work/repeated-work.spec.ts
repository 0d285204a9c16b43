import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { RepeatedWork } from './repeated-work.js';

describe('repeated work', () => {
  it('goes on after a failure, and not after its stop, which waits for what is under way', async () => {
    const failures: string[] = [];
    let times = 0;
    let ended = false;
    const events = new EventEmitter();
    const third = once(events, 'third');
    const work = new RepeatedWork(
      async (signal) => {
        times++;
        if (times === 2) throw new TallyError('unavailable', 'not now');
        if (times < 3) return;
        events.emit('third');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        ended = true;
      },
      { pauseMs: 1, onFailure: ({ message }) => void failures.push(message) },
    );
    work.start();
    await third;
    await work.stop();
    expect({ times, ended, failures }).toEqual({ times: 3, ended: true, failures: ['not now'] });
  });
});
