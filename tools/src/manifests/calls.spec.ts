import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { GRPC_CALLERS } from '@tally/service-kit';
import { APPS } from '../stack/topology.js';
import { leavingArrows } from './arrows.js';
import { checkCallers, checkCalls, readCalls } from './calls.js';
import type { Objects } from './objects.js';
import { render } from './render.js';

const ROOT = join(import.meta.dirname, '../../..');

/** All services may use ZooKeeper and Jaeger, too. */
const ARROWS = [
  'auditor → query grpc',
  'cluster-proxy → shard-proxy-0 grpc',
  'cluster-proxy → shard-proxy-1 grpc',
  'console → query grpc',
  'dead-letter-replayer → cluster-proxy grpc',
  'dead-letter-replayer → partition-log kafka',
  'gateway → dead-letter-replayer grpc',
  'gateway → partitioner grpc',
  'gateway → query grpc',
  'partitioner → partition-log kafka',
  'processor → cluster-proxy grpc',
  'processor → partition-log kafka',
  'query → cluster-proxy grpc',
  'query → redis redis',
  'rollup → cluster-proxy grpc',
  'rollup → redis redis',
  'shard-proxy-0 → postgres-0 postgres',
  'shard-proxy-0 → postgres-1 postgres',
  'shard-proxy-1 → postgres-0 postgres',
  'shard-proxy-1 → postgres-1 postgres',
];

describe('calls of services', () => {
  const objects = render(join(ROOT, 'k8s/overlays/dev')) as Objects;
  const calls = readCalls(ROOT, APPS);

  it('go along the way of an event and of a question, and no other way', () => {
    const names = [...leavingArrows(objects)]
      .map((arrow) => arrow.replaceAll(/Deployment\/|StatefulSet\//g, ''))
      .filter((arrow) => !/ (zookeeper zookeeper|jaeger otlp)$/.test(arrow));
    expect(names.toSorted()).toEqual(ARROWS);
  });

  it('are those that each app says it needs and uses', () => {
    expect(Object.fromEntries(calls)).toMatchObject({
      gateway: ['partitioner', 'query', 'dead-letter-replayer'],
      console: ['query'],
      partitioner: [],
      'partition-log': [],
    });
  });

  it('are those that servers take by the certificate, and no others', () => {
    expect(checkCallers(GRPC_CALLERS, calls)).toEqual([]);
    expect(checkCallers({ ...GRPC_CALLERS, partitioner: ['rollup'] }, calls)).toEqual([
      'GRPC_CALLERS: gateway → partitioner is missing, which its app.module.ts needs or uses',
      'GRPC_CALLERS: rollup → partitioner is allowed, and its app.module.ts neither needs nor uses it',
    ]);
  });

  it('that no NetworkPolicy allows are told', () => {
    const more = new Map([...calls, ['console', ['query', 'cluster-proxy']]]);
    expect(checkCalls(objects, more)).toEqual([
      'no NetworkPolicy allows Deployment/console → Deployment/cluster-proxy grpc, which its app.module.ts needs or uses',
    ]);
  });

  it('that a NetworkPolicy allows and nobody makes are told', () => {
    expect(checkCalls(objects, new Map([...calls, ['console', []]]))).toEqual([
      'NetworkPolicy: Deployment/console → Deployment/query grpc is allowed, and its app.module.ts neither needs nor uses it',
    ]);
  });
});
