import { TallyError } from '@tally/contracts';
import type { SessionBelief } from './session-belief.js';

/**
 * Resolves when the session is connected; TallyError `unavailable` when it is not within `timeoutMs`,
 * or closed. `connect` is for the message.
 */
export function whenConnected(
  belief: SessionBelief,
  connect: string,
  timeoutMs: number,
): Promise<void> {
  if (belief.state === 'connected') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      clearTimeout(timer);
      unsubscribe();
      act();
    };
    const fail = (why: string) =>
      end(() => reject(new TallyError('unavailable', `ZooKeeper at ${connect}: ${why}`)));
    const timer = setTimeout(() => {
      const { obstacle } = belief;
      const reason = obstacle === undefined ? '' : `: ${obstacle}`;
      fail(`no connection within ${timeoutMs} ms${reason}`);
    }, timeoutMs);
    const unsubscribe = belief.onState((state) => {
      if (state === 'connected') end(resolve);
      if (state === 'closed') fail('the session was closed');
    });
    if (belief.isClosed) fail('the session was closed');
  });
}
