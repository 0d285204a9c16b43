import { describe, expect, it } from '@jest/globals';
import type { GetClusterStatusResponse } from '../generated/tally/cluster_proxy/v1/cluster_proxy.js';
import { packageDefinition } from './package-definition.js';

describe('packageDefinition', () => {
  it('reads and writes messages of the shape that the generated types say', () => {
    const service = packageDefinition()['tally.cluster_proxy.v1.ClusterProxyService'];
    if (service === undefined || !('GetClusterStatus' in service)) throw new Error('no service');
    const { responseSerialize, responseDeserialize } = service.GetClusterStatus;
    const status = {
      shard: 1,
      systemIdentifier: '7449999999999999999',
      timelineId: 3,
      serverVersion: '18.4',
      inRecovery: true,
    };
    const answer: GetClusterStatusResponse = {
      shards: [
        { shard: 0, failure: { code: 'unavailable', message: 'no instance' } },
        { shard: 1, status },
      ],
    };
    const read = responseDeserialize(responseSerialize(answer));
    expect(read).toEqual({
      shards: [
        { shard: 0, failure: { code: 'unavailable', message: 'no instance' }, answer: 'failure' },
        { shard: 1, status, answer: 'status' },
      ],
    });
  });
});
