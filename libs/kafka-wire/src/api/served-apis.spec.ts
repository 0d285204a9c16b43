import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MalformedFrame } from '../wire/malformed-frame.js';
import { WireReader } from '../wire/wire-reader.js';
import { WireWriter } from '../wire/wire-writer.js';
import type { Api } from './api.js';
import { fetch } from './fetch.js';
import { joinGroup } from './join-group.js';
import { metadata } from './metadata.js';
import { APIS } from './served-apis.js';

const all = Object.values(APIS) as unknown as Api<unknown, unknown>[];

describe('every API', () => {
  it('has a key of its own', () => {
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
  });

  it('takes any bytes as a request or as malformed, and nothing else happens', () => {
    // Small numbers make lengths that fit, so that more than the first field is reached.
    const byte = fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, 255), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.array(byte, { maxLength: 120 }), (api, bytes) => {
        for (let version = api.min; version <= api.max; version++) {
          try {
            api.readRequest(new WireReader(Buffer.from(bytes)), version);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedFrame);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const hex = (write: (writer: WireWriter) => unknown) => {
  const writer = new WireWriter();
  write(writer);
  return Buffer.concat(writer.finish()).toString('hex');
};

describe('an answer', () => {
  it('to Metadata has the fields of its version', () => {
    const response = {
      brokers: [{ nodeId: 1, host: 'h', port: 9092 }],
      clusterId: 'c',
      controllerId: 1,
      topics: [
        {
          errorCode: 0,
          name: 't',
          isInternal: false,
          partitions: [
            { errorCode: 0, partition: 0, leaderId: 1, leaderEpoch: 0, replicas: [1], isr: [1] },
          ],
        },
      ],
    };
    expect(hex((writer) => metadata.writeResponse(writer, response, 0))).toBe(
      '00000001' + '00000001' + '000168' + '00002384' + // brokers
        '00000001' + '0000' + '000174' + // topics
        '00000001' + '0000' + '00000000' + '00000001' + '0000000100000001' + '0000000100000001',
    ); // prettier-ignore
    expect(hex((writer) => metadata.writeResponse(writer, response, 8))).toBe(
      '00000000' + '00000001' + '00000001' + '000168' + '00002384' + 'ffff' + '000163' + '00000001' +
        '00000001' + '0000' + '000174' + '00' +
        '00000001' + '0000' + '00000000' + '00000001' + '00000000' +
        '0000000100000001' + '0000000100000001' + '00000000' +
        '80000000' + '80000000',
    ); // prettier-ignore
  });

  it('to Fetch carries the batches of a partition one behind the other', () => {
    const records = [Buffer.from('aa', 'hex'), Buffer.from('bbcc', 'hex')];
    const partition = {
      partition: 3,
      errorCode: 0,
      highWatermark: 9n,
      lastStableOffset: 9n,
      logStartOffset: 2n,
      records,
    };
    const response = { errorCode: 0, topics: [{ name: 't', partitions: [partition] }] };
    expect(hex((writer) => fetch.writeResponse(writer, response, 11))).toBe(
      '00000000' + '0000' + '00000000' + '00000001' + '000174' + '00000001' +
        '00000003' + '0000' + '0000000000000009' + '0000000000000009' + '0000000000000002' +
        '00000000' + 'ffffffff' + '00000003' + 'aabbcc',
    ); // prettier-ignore
  });
});

describe('a request', () => {
  it('for all topics is one with null, and in version 0 one with none', () => {
    const read = (text: string, version: number) =>
      metadata.readRequest(new WireReader(Buffer.from(text, 'hex')), version).topics;
    expect(read('00000000', 0)).toBeNull();
    expect(read('00000000', 1)).toEqual([]);
    expect(read('ffffffff', 1)).toBeNull();
  });

  it('to join a group has the rebalance timeout of its session before version 1', () => {
    const body = (writer: WireWriter) =>
      writer.string('g').int32(6000).string('').string('consumer').int32(0);
    const reader = new WireReader(Buffer.from(hex(body), 'hex'));
    expect(joinGroup.readRequest(reader, 0)).toMatchObject({
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 6000,
      canRejoinWithId: false,
    });
  });
});
