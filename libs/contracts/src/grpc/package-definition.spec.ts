import { fromJSON } from '@grpc/proto-loader';
import { describe, expect, it } from '@jest/globals';
import { DESCRIPTORS } from '../generated/descriptors.js';
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

  it('has the services and methods that the loader of the field makes of the same descriptors', () => {
    const described = (definition: object) =>
      Object.entries(definition).flatMap(([name, service]: [string, object]) =>
        'format' in service
          ? []
          : Object.values(service).map((method: Record<string, unknown>) => {
              const { path, originalName, requestStream, responseStream } = method;
              return { name, path, originalName, requestStream, responseStream };
            }),
      );
    const expected = described(fromJSON(DESCRIPTORS, {}));
    expect(expected.length).toBeGreaterThan(20);
    expect(described(packageDefinition())).toEqual(expected);
  });
});
