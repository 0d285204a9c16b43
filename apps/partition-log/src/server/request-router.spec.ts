import { describe, expect, it } from '@jest/globals';
import { apiVersions, encodeRequest, metadata, saslHandshake } from '@tally/kafka-wire';
import { OPEN, type Authentication } from '../security/authentication.js';
import { ExpiredSession, RequestRouter, UnanswerableRequest } from './request-router.js';

const PREFIX_BYTES = 4;
const caller = {
  clientHost: 'here',
  signal: new AbortController().signal,
  reserveAnswer: () => Promise.resolve(),
  authentication: OPEN,
};

/** One that knows a cluster of this name, and what its observer was told. */
function routerOf(clusterId: string) {
  const told: string[] = [];
  const router = new RequestRouter(
    { metadata: () => ({ brokers: [], clusterId, controllerId: 0, topics: [] }) },
    {
      begin: (api) => {
        told.push(api);
        return (error) => told.push(error);
      },
    },
  );
  const frame = Buffer.concat(encodeRequest(metadata, { topics: null }));
  return { told, router, run: () => router.route(frame.subarray(PREFIX_BYTES), OPEN).run(caller) };
}

describe('an answer', () => {
  it('is written, and its request is over', async () => {
    const { told, run } = routerOf('a cluster');
    expect(Buffer.concat((await run()) ?? []).includes('a cluster')).toBe(true);
    expect(told).toEqual(['Metadata', 'NONE']);
  });

  it('that the format cannot hold is the matter of one client, and its request is over', async () => {
    const { told, run } = routerOf('x'.repeat(0x8000));
    await expect(run()).rejects.toThrow(UnanswerableRequest);
    expect(told).toEqual(['Metadata', 'UNKNOWN_SERVER_ERROR']);
  });
});

it('a client whose session is over may say who it is, and ask for nothing', () => {
  const { router } = routerOf('a cluster');
  const expired: Authentication = { ...OPEN, standing: 'expired', user: 'ann' };
  const route = (frame: Buffer[]) => () =>
    router.route(Buffer.concat(frame).subarray(PREFIX_BYTES), expired);
  expect(route(encodeRequest(metadata, { topics: null }))).toThrow(ExpiredSession);
  const version = { softwareName: '', softwareVersion: '' };
  expect(route(encodeRequest(apiVersions, version))).toThrow(ExpiredSession);
  // There is no handler here: it came as far as to be looked for.
  const handshake = { mechanism: 'PLAIN', hasFramedTokens: true };
  expect(route(encodeRequest(saslHandshake, handshake))).toThrow('is not served');
});
