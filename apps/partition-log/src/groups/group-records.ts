import { WireReader, WireWriter, type KeyValue } from '@tally/kafka-wire';

/** A member as it is written down. */
export interface MemberRecord {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** What it said for the protocol that was chosen. */
  readonly metadata: Buffer;
  readonly assignment: Buffer;
}

/** A group whose members have their assignments. */
export interface GroupRecord {
  readonly protocolType: string;
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly members: readonly MemberRecord[];
}

/**
 * Records of groups in the offsets topic, in the layout that Apache Kafka gives them. All integers are
 * big-endian, strings are UTF-8 behind an int16 length, bytes and arrays behind an int32 length.
 *
 * Key:    int16 version 2 · string group
 * Value:  int16 version 3 · string protocol type · int32 generation · string protocol · string leader ·
 *         int64 time, ms since 1970 · array of members. Null: the group has no members any more.
 * Member: string id · nullable string instance · string client id · string client host ·
 *         int32 rebalance timeout · int32 session timeout · bytes metadata · bytes assignment
 */
const KEY_VERSION = 2;
const VALUE_VERSION = 3;

export function encodeGroup(
  group: string,
  record: GroupRecord | undefined,
  nowMs: number,
): KeyValue {
  const key = Buffer.concat(new WireWriter().int16(KEY_VERSION).string(group).finish());
  if (record === undefined) return { key, value: null };
  const writer = new WireWriter().int16(VALUE_VERSION).string(record.protocolType);
  writer.int32(record.generation).string(record.protocol).string(record.leader);
  writer.int64(BigInt(nowMs)).array(record.members, (member) => {
    writer.string(member.memberId).nullableString(member.groupInstanceId);
    writer.string(member.clientId).string(member.clientHost);
    writer.int32(member.rebalanceTimeoutMs).int32(member.sessionTimeoutMs);
    writer.bytes(member.metadata).bytes(member.assignment);
  });
  return { key, value: Buffer.concat(writer.finish()) };
}

/** undefined for a record of another kind. */
export function decodeGroup({
  key,
  value,
}: KeyValue): { group: string; record: GroupRecord | undefined } | undefined {
  if (key === null) return undefined;
  const keys = new WireReader(key);
  if (keys.int16() !== KEY_VERSION) return undefined;
  const group = keys.string();
  if (value === null) return { group, record: undefined };
  const reader = new WireReader(value);
  if (reader.int16() !== VALUE_VERSION) return undefined;
  const protocolType = reader.string();
  const generation = reader.int32();
  const protocol = reader.string();
  const leader = reader.string();
  reader.int64();
  const members = reader.array(() => ({
    memberId: reader.string(),
    groupInstanceId: reader.nullableString(),
    clientId: reader.string(),
    clientHost: reader.string(),
    rebalanceTimeoutMs: reader.int32(),
    sessionTimeoutMs: reader.int32(),
    // Copies: a view would keep all that was read with it.
    metadata: Buffer.from(reader.bytes()),
    assignment: Buffer.from(reader.bytes()),
  }));
  return { group, record: { protocolType, generation, protocol, leader, members } };
}
