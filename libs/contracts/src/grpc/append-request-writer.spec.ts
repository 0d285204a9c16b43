import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeAppendRequest } from './append-request-writer.js';
import { packageDefinition } from './package-definition.js';

const service = packageDefinition()['tally.partitioner.v1.PartitionerService'];
if (service === undefined || !('Append' in service)) throw new Error('no service');
const { requestDeserialize } = service.Append;

describe('the message of an append', () => {
  it('is read as what was written, its events one behind the other', () => {
    const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const said = fc.record({
      schemaId: uint32,
      registryVersion: uint32,
      count: uint32,
      arrivedMs: fc.maxSafeNat().map(String),
      catalogPosition: fc.maxSafeNat().map(String),
    });
    const parts = fc.array(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
    fc.assert(
      fc.property(said, parts, (request, events) => {
        const read = requestDeserialize(writeAppendRequest(request, events));
        expect(read).toMatchObject({ ...request, events: Buffer.concat(events) });
      }),
    );
  });

  it('says no arrival where none was said', () => {
    const request = { schemaId: 1, registryVersion: 2, count: 0, catalogPosition: '0' };
    const read = requestDeserialize(writeAppendRequest(request, []));
    expect(read).not.toHaveProperty('arrivedMs');
  });
});
