import { describe, expect, it } from '@jest/globals';
import { decodeInstance, encodeInstance, type ServiceInstance } from './service-instance.js';

const instance: ServiceInstance = {
  id: 'query-1',
  service: 'query',
  host: '127.0.0.1',
  grpcPort: 9207,
  adminPort: 9107,
  startedAt: '2026-01-01T00:00:00.000Z',
  version: '0.1.0',
  attributes: { shard: '0' },
};

describe('a service instance', () => {
  it('is read as it was written, with and without gRPC', () => {
    expect(decodeInstance(encodeInstance(instance))).toEqual({ kind: 'instance', instance });
    const { grpcPort: _, ...without } = instance;
    const decoded = decodeInstance(encodeInstance(without));
    expect(decoded).toEqual({ kind: 'instance', instance: without });
  });

  it('of a later version with members that we do not know is read', () => {
    const data = Buffer.from(JSON.stringify({ ...instance, zone: 'a' }));
    expect(decodeInstance(data)).toEqual({ kind: 'instance', instance });
  });

  it.each([
    ['', 'not JSON'],
    ['null', 'expected object'],
    [JSON.stringify({ ...instance, adminPort: 70_000 }), 'adminPort'],
    [JSON.stringify({ ...instance, startedAt: 'yesterday' }), 'startedAt'],
    [JSON.stringify({ ...instance, attributes: { shard: 0 } }), 'attributes.shard'],
  ])('%j is unreadable, and the reason says %j', (text, reason) => {
    const decoded = decodeInstance(Buffer.from(text));
    expect(decoded).toMatchObject({ kind: 'unreadable', reason: expect.stringContaining(reason) });
  });

  it('that could not be read back is not written', () => {
    expect(() => encodeInstance({ ...instance, adminPort: 0 })).toThrow('adminPort');
  });
});
