import { describe, expect, it } from '@jest/globals';
import { Requests } from './requests.js';
import { SessionBelief } from './session-belief.js';
import type { Reply } from './session-handle.js';

/** A connection that answers what the test says, in order. */
function requests(...answers: (Partial<Reply<never>> | 'never')[]) {
  const belief = new SessionBelief(() => 0);
  const sent = { count: 0 };
  const connection = {
    send: <T>(): Promise<Reply<T>> => {
      const answer = answers[sent.count] ?? 'never';
      sent.count += 1;
      if (answer === 'never') return new Promise<never>(() => undefined);
      return Promise.resolve({ rc: 0, answered: true, value: undefined, sentAtMs: 0, ...answer });
    },
  };
  const connect = () => {
    const credentials = { sessionId: 'a', password: 'secret' };
    belief.confirm({ credentials, sessionTimeoutMs: 1000, sentAtMs: 0 });
    belief.connected();
  };
  const options = { connect: 'zk:2181', operationTimeoutMs: 20, now: () => performance.now() };
  return { sent, belief, connect, requests: new Requests({ ...options, belief, connection }) };
}

const send = () => 0;
const unanswered = { answered: false, rc: -4 };

describe('a request', () => {
  it('waits for a connection, and says which session sent it', async () => {
    const { requests: under, connect, sent } = requests({ rc: -101 });
    const answer = under.once('get /a', under.deadlineMs() + 10_000, send);
    expect(sent.count).toBe(0);
    connect();
    expect(await answer).toMatchObject({ rc: -101, answered: true, generation: 1 });
  });

  it('that may be repeated is sent again until it is answered', async () => {
    const { requests: under, connect, sent } = requests(unanswered, unanswered, { rc: 0 });
    connect();
    const answer = await under.repeatable('get /a', under.deadlineMs() + 10_000, send);
    expect([answer.answered, sent.count]).toEqual([true, 3]);
  });

  it('that may not is given back without its answer', async () => {
    const { requests: under, connect, sent } = requests(unanswered, { rc: 0 });
    connect();
    expect(await under.once('set /a', under.deadlineMs(), send)).toMatchObject({ answered: false });
    expect(sent.count).toBe(1);
  });

  it('ends at its deadline, with and without a connection', async () => {
    const { requests: under, connect } = requests('never');
    const without = under.repeatable('get /a', under.deadlineMs(), send);
    await expect(without).rejects.toMatchObject({ code: 'unavailable' });
    connect();
    const silent = under.once('get /a', under.deadlineMs(), send);
    await expect(silent).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'get /a: no answer from ZooKeeper in time; the outcome is unknown',
    });
  });

  it('is not repeated when the session was closed', async () => {
    const { requests: under, connect, belief, sent } = requests(unanswered);
    connect();
    const answer = under.repeatable('get /a', under.deadlineMs() + 10_000, send);
    belief.close();
    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
    expect(sent.count).toBe(1);
  });
});
