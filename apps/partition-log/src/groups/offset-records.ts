import { WireReader, WireWriter, type KeyValue } from '@tally/kafka-wire';

/** Where a group stands in a partition. */
export interface CommittedOffset {
  readonly offset: bigint;
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** ms since 1970. */
  readonly committedAtMs: number;
}

export interface OffsetKey {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/**
 * Records of the offsets topic, in the layout that Apache Kafka gives them, so that its tools can
 * read them. All integers are big-endian, strings are UTF-8 behind an int16 length.
 *
 * Key:   int16 version 1 · string group · string topic · int32 partition
 * Value: int16 version 3 · int64 offset · int32 leader epoch · string metadata · int64 time of the
 *        commit, ms since 1970. Null: the offset was deleted.
 */
const KEY_VERSION = 1;
const VALUE_VERSION = 3;

export function encodeOffset(
  { group, topic, partition }: OffsetKey,
  committed: CommittedOffset | undefined,
): KeyValue {
  const key = new WireWriter().int16(KEY_VERSION).string(group).string(topic).int32(partition);
  if (committed === undefined) return { key: Buffer.concat(key.finish()), value: null };
  const value = new WireWriter()
    .int16(VALUE_VERSION)
    .int64(committed.offset)
    .int32(committed.leaderEpoch)
    .string(committed.metadata)
    .int64(BigInt(committed.committedAtMs));
  return { key: Buffer.concat(key.finish()), value: Buffer.concat(value.finish()) };
}

/** undefined for a record of another kind. */
export function decodeOffset({
  key,
  value,
}: KeyValue): { key: OffsetKey; committed: CommittedOffset | undefined } | undefined {
  if (key === null) return undefined;
  const keys = new WireReader(key);
  if (keys.int16() !== KEY_VERSION) return undefined;
  const decoded = { group: keys.string(), topic: keys.string(), partition: keys.int32() };
  if (value === null) return { key: decoded, committed: undefined };
  const values = new WireReader(value);
  if (values.int16() !== VALUE_VERSION) return undefined;
  const committed = {
    offset: values.int64(),
    leaderEpoch: values.int32(),
    metadata: values.string(),
    committedAtMs: Number(values.int64()),
  };
  return { key: decoded, committed };
}
