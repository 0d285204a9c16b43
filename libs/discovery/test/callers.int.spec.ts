import { once } from 'node:events';
import { connect } from 'node:net';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { afterAll, describe, expect, it } from '@jest/globals';
import { packageDefinition } from '@tally/contracts';
import {
  createLogger,
  parseConfig,
  serviceSettings,
  startService,
  TlsFiles,
} from '@tally/service-kit';
import { CertificateAuthority, freePort } from '@tally/testing';
import { ServiceClient, type InstanceSource } from '../src/index.js';

const logger = createLogger('test', { instance: 'i', logLevel: 'error' });
logger.level = 'silent';
const authority = new CertificateAuthority();
const ended: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ended) await end();
  authority.remove();
});

/** The server of an app with a certificate of its own, without its handlers: who comes so far gets `internal`. */
async function serve(name: string, packageName: string, service: string) {
  const { certFile, keyFile, caFile } = authority.sign(name);
  const [port, adminPort] = [await freePort(), await freePort()];
  const parsed = parseConfig(serviceSettings, {
    TALLY_ADMIN_PORT: String(adminPort),
    TALLY_LOG_LEVEL: 'error',
    TALLY_TLS_CERT_FILE: certFile,
    TALLY_TLS_KEY_FILE: keyFile,
    TALLY_TLS_CA_FILE: caFile,
  });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join('; '));
  const grpc = { port, packages: [packageName] };
  const { config } = parsed;
  const lifecycle = await startService({ name, config, root: class Empty {}, grpc });
  ended.push(() => lifecycle.drain());
  const caller = async (app: string) => {
    const address = { id: 'a', service: name, host: '127.0.0.1', grpcPort: port, adminPort };
    const instances: InstanceSource = {
      instances: [{ ...address, startedAt: '2026-01-01T00:00:00Z', version: '1', attributes: {} }],
      onChange: () => () => undefined,
    };
    const tls = await TlsFiles.open(authority.sign(app, { file: `to-${name}-${app}` }), logger);
    const definition = packageDefinition()[`${packageName}.${service}`] as ServiceDefinition;
    const client = new ServiceClient({
      client: { service: definition },
      service: name,
      instances,
      tls,
    });
    ended.push(() => client.close());
    return client;
  };
  const samples = async (name: string) => {
    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    return metrics.split('\n').filter((line) => line.startsWith(name));
  };
  const refusals = () => samples('tally_grpc_refused_callers_total{');
  const handshakes = () => samples('tally_grpc_refused_handshakes_total');
  return { caller, refusals, handshakes, port };
}

const outcome = async (client: ServiceClient, method: string) => {
  try {
    await client.call(method, {}, { deadlineMs: 5000 });
    return 'answered';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

describe('a cluster-proxy with certificates', () => {
  it('takes deltas of those who count, whatever others send', async () => {
    const { caller, refusals } = await serve(
      'cluster-proxy',
      'tally.cluster_proxy.v1',
      'ClusterProxyService',
    );
    const all = ['processor', 'dead-letter-replayer', 'rollup', 'query', 'gateway', 'stranger'];
    const outcomes = new Map<string, unknown>();
    for (const app of all) outcomes.set(app, await outcome(await caller(app), 'ApplyDelta'));
    expect(Object.fromEntries(outcomes)).toEqual({
      processor: 'internal',
      'dead-letter-replayer': 'internal',
      rollup: 'permission_denied',
      query: 'permission_denied',
      gateway: 'permission_denied',
      stranger: 'permission_denied',
    });
    expect(await outcome(await caller('rollup'), 'ReadCounters')).toBe('internal');
    expect(await outcome(await caller('console'), 'ReadCounters')).toBe('permission_denied');
    expect((await refusals()).length).toBe(5);
  });
});

describe('a shard-proxy with certificates', () => {
  it('takes calls of cluster-proxies alone, and tells all others how it is', async () => {
    const { caller, refusals, handshakes, port } = await serve(
      'shard-proxy',
      'tally.shard_proxy.v1',
      'ShardProxyService',
    );
    expect(await outcome(await caller('cluster-proxy'), 'ApplyDelta')).toBe('internal');
    const rollup = await caller('rollup');
    await expect(rollup.call('ApplyDelta', {}, { deadlineMs: 5000 })).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining(
        'takes calls of cluster-proxy; the certificate names rollup',
      ),
    });
    const silent = connect(port, '127.0.0.1', () => silent.write('PRI * HTTP/2.0\r\n\r\n'));
    silent.on('error', () => undefined);
    await once(silent.resume(), 'close');
    expect(await handshakes()).toEqual([expect.stringMatching(/ 1$/)]);
    expect((await rollup.probe({ deadlineMs: 5000 })).instance.id).toBe('a');
    expect(await refusals()).toEqual([expect.stringMatching(/app="rollup".* 1$/)]);
  });
});
