import { describe, expect, it } from '@jest/globals';
import { SessionBelief, type SessionState } from './session-belief.js';

const TIMEOUT_MS = 1000;

function belief() {
  const clock = { now: 0 };
  const told: SessionState[] = [];
  const session = new SessionBelief(() => clock.now);
  session.onState((state) => told.push(state));
  const confirm = (sessionId: string, sentAtMs = clock.now) => {
    const credentials = { sessionId, password: 'secret' };
    return session.confirm({ credentials, sessionTimeoutMs: TIMEOUT_MS, sentAtMs });
  };
  const connect = (sessionId: string) => {
    const verdict = confirm(sessionId);
    session.connected();
    return verdict;
  };
  return { clock, told, session, confirm, connect };
}

describe('what a process believes of its session', () => {
  it('is nothing before the server confirmed one', () => {
    const { session, told } = belief();
    session.suspend();
    expect([session.state, session.generation, session.isAlive(0)]).toEqual([
      'connecting',
      0,
      false,
    ]);
    expect(told).toEqual([]);
  });

  it('outlives a broken connection, as the same session', () => {
    const { session, told, connect } = belief();
    expect(connect('a')).toBe('new');
    session.suspend();
    expect(session.isAlive(1)).toBe(true);
    expect(connect('a')).toBe('resumed');
    expect(told).toEqual(['connected', 'suspended', 'connected']);
    expect(session.generation).toBe(1);
  });

  it('ends by the clock alone, before anybody is told', () => {
    const { clock, session, told, connect } = belief();
    connect('a');
    clock.now = 0.9 * TIMEOUT_MS;
    expect([session.state, session.isAlive(1)]).toEqual(['lost', false]);
    expect(told).toEqual(['connected']);
  });

  it('stays lost: an answer that comes too late brings nothing back', () => {
    const { clock, session, connect, confirm } = belief();
    connect('a');
    clock.now = TIMEOUT_MS;
    expect(session.hear(900)).toBe(false);
    expect(confirm('a')).toBe('late');
    session.lose();
    expect(connect('b')).toBe('new');
    expect([session.generation, session.isAlive(1), session.isAlive(2)]).toEqual([2, false, true]);
  });

  it('goes on with each answer, by when its request was sent', () => {
    const { clock, session, connect } = belief();
    connect('a');
    clock.now = 800;
    expect(session.hear(500)).toBe(true);
    clock.now = 1399;
    expect(session.state).toBe('connected');
    clock.now = 1400;
    expect(session.state).toBe('lost');
  });

  it('is not that of another session which the server gives in its place', () => {
    const { session, connect, confirm } = belief();
    connect('a');
    session.suspend();
    expect(confirm('b')).toBe('other');
    expect(session.credentials?.sessionId).toBe('a');
  });

  it('is closed for good', () => {
    const { session, told, connect } = belief();
    connect('a');
    session.close();
    expect([session.state, session.isClosed, session.isAlive(1)]).toEqual(['closed', true, false]);
    expect(told).toEqual(['connected', 'closed']);
  });
});
