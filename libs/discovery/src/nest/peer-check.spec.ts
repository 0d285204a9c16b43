import { describe, expect, it } from '@jest/globals';
import type { ServiceInstance } from '../registry/service-instance.js';
import type { ServingStatus } from '../rpc/service-client.js';
import { PeerCheck } from './peer-check.js';

const instance = (id: string): ServiceInstance => ({
  id,
  service: 'query',
  host: '127.0.0.1',
  adminPort: 1,
  version: '1',
  attributes: {},
  startedAt: '2026-01-01T00:00:00Z',
});

function peer(restMs: number) {
  const peer = {
    instances: [instance('a')],
    status: 'SERVING' as ServingStatus,
    nowMs: 0,
    asked: 0,
  };
  const check = new PeerCheck({
    instances: peer,
    ask: async () => {
      peer.asked += 1;
      const [one] = peer.instances;
      if (one === undefined) throw new Error('no instance of query can be asked');
      return { instance: one, status: peer.status };
    },
    restMs,
    now: () => peer.nowMs,
  });
  return { peer, probe: () => check.probe(new AbortController().signal) };
}

describe('the check of a peer', () => {
  it('leaves one that served alone for a while', async () => {
    const { peer: query, probe } = peer(5000);
    for (query.nowMs = 0; query.nowMs < 20_000; query.nowMs += 1000) await probe();
    expect(query.asked).toBe(4);
  });

  it('asks each time where nothing is to be believed', async () => {
    const { peer: query, probe } = peer(0);
    for (query.nowMs = 0; query.nowMs < 20_000; query.nowMs += 1000) await probe();
    expect(query.asked).toBe(20);
  });

  it('asks at once when the one that served has ended, or was started anew', async () => {
    const { peer: query, probe } = peer(5000);
    await probe();
    query.instances = [instance('a')];
    await probe();
    expect(query.asked).toBe(2);
    query.instances = [];
    await expect(probe()).rejects.toThrow('no instance of query');
  });

  it('asks each time while nobody serves, and says what it hears', async () => {
    const { peer: query, probe } = peer(5000);
    await probe();
    query.nowMs = 5000;
    query.status = 'NOT_SERVING';
    await expect(probe()).rejects.toThrow('a says NOT_SERVING');
    query.status = 'SERVING';
    const before = query.asked;
    await probe();
    expect(query.asked).toBe(before + 1);
  });
});
