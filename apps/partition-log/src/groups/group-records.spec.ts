import { describe, expect, it } from '@jest/globals';
import { decodeGroup, encodeGroup, type GroupRecord } from './group-records.js';
import { decodeOffset, encodeOffset } from './offset-records.js';

const record: GroupRecord = {
  protocolType: 'consumer',
  generation: 7,
  protocol: 'range',
  leader: 'm1',
  members: [
    {
      memberId: 'm1',
      groupInstanceId: null,
      clientId: 'c',
      clientHost: 'h',
      rebalanceTimeoutMs: 3,
      sessionTimeoutMs: 2,
      metadata: Buffer.from('says'),
      assignment: Buffer.from('gets'),
    },
  ],
};

describe('the record of a group', () => {
  it('says what the group was', () => {
    const encoded = encodeGroup('g', record, 1000);
    expect(decodeGroup(encoded)).toEqual({ group: 'g', record });
    expect(decodeOffset(encoded)).toBeUndefined();
    expect(decodeGroup(encodeGroup('g', undefined, 1000))).toEqual({ group: 'g' });
  });

  it('has the bytes that its table says', () => {
    const { key, value } = encodeGroup('g', record, 1000);
    expect(key?.toString('hex')).toBe('0002' + '000167');
    expect(value?.toString('hex')).toBe(
      '0003' + '0008636f6e73756d6572' + '00000007' + '000572616e6765' + '00026d31' + '00000000000003e8' +
        '00000001' + '00026d31' + 'ffff' + '000163' + '000168' + '00000003' + '00000002' +
        '0000000473617973' + '0000000467657473',
    ); // prettier-ignore
  });

  it('is none of an offset, and the other way round', () => {
    const offset = { offset: 1n, leaderEpoch: 0, metadata: 'm', committedAtMs: 1000 };
    const encoded = encodeOffset({ group: 'g', topic: 't', partition: 0 }, offset);
    expect(decodeGroup(encoded)).toBeUndefined();
    expect(decodeOffset(encoded)?.committed).toEqual(offset);
  });
});
