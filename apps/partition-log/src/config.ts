import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '@tally/contracts';
import {
  type ConfigOf,
  discoverySettings,
  line,
  port,
  serviceSettings,
  setting,
  wholeNumber,
} from '@tally/service-kit';

const MIB = 1 << 20;

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  logDir: setting('TALLY_LOG_DIR', line('a folder'), 'where the log lies; one process at a time'),
  kafkaPort: setting('TALLY_KAFKA_PORT', port(9092), 'port of the Kafka protocol'),
  advertisedHost: setting(
    'TALLY_KAFKA_ADVERTISED_HOST',
    line('a host name or address', ''),
    'host that clients are told to connect to; where empty, `TALLY_HOST`',
  ),
  advertisedPort: setting(
    'TALLY_KAFKA_ADVERTISED_PORT',
    wholeNumber(0, 65_535, 0),
    'port that clients are told to connect to; where 0, `TALLY_KAFKA_PORT`',
  ),
  brokerId: setting('TALLY_BROKER_ID', wholeNumber(0, 2 ** 31 - 1, 1), 'number of this node'),
  segmentBytes: setting(
    'TALLY_LOG_SEGMENT_BYTES',
    wholeNumber(4096, 2 ** 31 - 1, 128 * MIB),
    'a segment file is followed by another before it grows past this; after a crash the last one of each partition is read',
  ),
  markIntervalMs: setting(
    'TALLY_LOG_MARK_INTERVAL_MS',
    wholeNumber(1, MINUTE_MS, 100),
    'how often what is durable is noted for the next start, while there are appends; what is newer is taken for a torn tail when it is damaged, and a note costs a sync',
  ),
  maxClockStepMs: setting(
    'TALLY_LOG_MAX_CLOCK_STEP_MS',
    wholeNumber(100, 2 ** 53 - 1, SECOND_MS),
    'how far the clock of this machine may step while the log runs, and be behind the last record; appends are refused past that. As much as the clocks of a processor and the log may differ: `TALLY_MAX_CLOCK_SKEW_MS`',
  ),
  scrubBytesPerSecond: setting(
    'TALLY_LOG_SCRUB_BYTES_PER_SECOND',
    wholeNumber(0, 2 ** 40, 8 * MIB),
    'how fast all records are read again to find damage, a small part of what a disk can read: 1 TB takes 35 hours; 0: not at all',
  ),
  scrubPauseMs: setting(
    'TALLY_LOG_SCRUB_PAUSE_MS',
    wholeNumber(1, 2 ** 31 - 1, DAY_MS),
    'from the end of one reading of all records to the next: disks go bad in weeks, not in minutes',
  ),
  maxCommitBytes: setting(
    'TALLY_LOG_MAX_COMMIT_BYTES',
    wholeNumber(4096, 2 ** 31 - 1, 32 * MIB),
    'appends that become durable together, in bytes: bounds how long the first of them waits',
  ),
  maxQueuedBytes: setting(
    'TALLY_LOG_MAX_QUEUED_BYTES',
    wholeNumber(4096, 2 ** 40, 512 * MIB),
    'appends that wait for the disk, in bytes; more than requests may hold, so it is met by a bug alone',
  ),
  maxProducers: setting(
    'TALLY_LOG_MAX_PRODUCERS',
    wholeNumber(1, 1_000_000, 1000),
    'idempotent producers known per partition, half a kilobyte each; the one silent longest is forgotten, and its retries may be appended twice',
  ),
  producerExpiryMs: setting(
    'TALLY_LOG_PRODUCER_EXPIRY_MS',
    wholeNumber(1, 2 ** 40, DAY_MS),
    'how long a silent idempotent producer is known; longer than any client tries again',
  ),
  maxTopics: setting(
    'TALLY_LOG_MAX_TOPICS',
    wholeNumber(1, 1_000_000, 1000),
    'topics on this node, whoever creates them',
  ),
  maxPartitions: setting(
    'TALLY_LOG_MAX_PARTITIONS',
    wholeNumber(1, 1_000_000, 8192),
    'partitions of all topics on this node; each has a folder and takes time at every start',
  ),
  maxPartitionsPerTopic: setting(
    'TALLY_LOG_MAX_PARTITIONS_PER_TOPIC',
    wholeNumber(1, 100_000, 4096),
    'partitions of one topic; more than any group of consumers needs',
  ),
  lowFreeBytes: setting(
    'TALLY_LOG_LOW_FREE_BYTES',
    wholeNumber(0, 2 ** 50, 128 * MIB),
    'with less free on the disk of the log, appends of clients are refused; the rest is for offsets of groups, for shortening topics and for what is on its way',
  ),
  freeMarginBytes: setting(
    'TALLY_LOG_FREE_MARGIN_BYTES',
    wholeNumber(0, 2 ** 50, 128 * MIB),
    'so much more must be free until appends are taken again, so that they are not taken and refused in turn',
  ),
  upkeepIntervalMs: setting(
    'TALLY_LOG_UPKEEP_INTERVAL_MS',
    wholeNumber(1, DAY_MS, MINUTE_MS),
    'how long after one look for records that are not kept any longer until the next; looking costs little',
  ),
  compactedSegmentBytes: setting(
    'TALLY_LOG_COMPACTED_SEGMENT_BYTES',
    wholeNumber(1, 2 ** 31 - 1, 16 * MIB),
    'a segment of a compacted topic is ended at this size, so that it can be compacted; offsets of groups are read back at each start',
  ),
  compactBytesPerSecond: setting(
    'TALLY_LOG_COMPACT_BYTES_PER_SECOND',
    wholeNumber(4096, 2 ** 40, 16 * MIB),
    'how fast compaction reads; it writes at most as much. A small part of what a disk can do',
  ),
  compactMaxKeys: setting(
    'TALLY_LOG_COMPACT_MAX_KEYS',
    wholeNumber(1, 100_000_000, 200_000),
    'keys that compaction knows at once, about 100 bytes each; a partition with more is read several times',
  ),
  maxOpenSegments: setting(
    'TALLY_LOG_MAX_OPEN_SEGMENTS',
    wholeNumber(1, 1_000_000, 4096),
    'segments that keep a descriptor while nobody reads or writes them; as many as partitions that are busy at once, since to open one again takes some microseconds. With connections less than the process may have, which Node raises to the hard limit',
  ),
  maxConnections: setting(
    'TALLY_KAFKA_MAX_CONNECTIONS',
    wholeNumber(1, 1_000_000, 2000),
    'open connections; a client has two or three',
  ),
  maxConnectionsPerAddress: setting(
    'TALLY_KAFKA_MAX_CONNECTIONS_PER_ADDRESS',
    wholeNumber(1, 1_000_000, 1000),
    'open connections from one address; half of all, so that one address cannot shut out the others',
  ),
  kafkaTlsCertFile: setting(
    'TALLY_KAFKA_TLS_CERT_FILE',
    line('a file', ''),
    'certificate chain, PEM, for clients outside; with it the port speaks TLS 1.2 and above alone. A change is seen within a minute',
  ),
  kafkaTlsKeyFile: setting(
    'TALLY_KAFKA_TLS_KEY_FILE',
    line('a file', ''),
    'private key of the certificate, PEM',
  ),
  saslFile: setting(
    'TALLY_KAFKA_SASL_FILE',
    line('a file', ''),
    'users, written by `tools/log-user`; with it nothing is served before a client has authenticated. A change is seen by the next login',
  ),
  aclFile: setting(
    'TALLY_KAFKA_ACL_FILE',
    line('a file', ''),
    'rights of users, a rule a line; what no rule allows is refused. Where empty, who has authenticated may do everything. A change is seen within a second',
  ),
  saslMechanisms: setting(
    'TALLY_KAFKA_SASL_MECHANISMS',
    line('mechanisms, comma-separated', 'SCRAM-SHA-256,SCRAM-SHA-512'),
    'how clients may authenticate; PLAIN too, where there is TLS',
  ),
  saslSessionMs: setting(
    'TALLY_KAFKA_SASL_SESSION_MS',
    wholeNumber(0, DAY_MS, HOUR_MS),
    'how long a login holds; a client that does not authenticate again by then loses its connection when it asks on. So long at most a user that was removed goes on, and one login an hour costs nothing. 0: for ever',
  ),
  maxLoginFailures: setting(
    'TALLY_KAFKA_MAX_LOGIN_FAILURES',
    wholeNumber(1, 1_000_000, 20),
    'failed logins per address and minute; after that all of its logins fail for the rest of the minute',
  ),
  maxRequestBytes: setting(
    'TALLY_KAFKA_MAX_REQUEST_BYTES',
    wholeNumber(4096, 2 ** 31 - 1, 64 * MIB),
    'one request; larger than any that the other services send',
  ),
  maxAppendsInFlight: setting(
    'TALLY_KAFKA_MAX_APPENDS_IN_FLIGHT',
    wholeNumber(1, 100_000, 64),
    'appends of one connection that are not answered yet; clients send five, and what comes then waits in its socket',
  ),
  maxRequestBytesInFlight: setting(
    'TALLY_KAFKA_MAX_REQUEST_BYTES_IN_FLIGHT',
    wholeNumber(4096, 2 ** 40, 256 * MIB),
    'requests of all connections from their first byte to their answer, half of it for one address at most; what comes then waits in its socket',
  ),
  maxFetchBytes: setting(
    'TALLY_KAFKA_MAX_FETCH_BYTES',
    wholeNumber(4096, 2 ** 31 - 1, 16 * MIB),
    'records in one answer, whatever the client asks for; above the 10 MiB that clients ask for',
  ),
  maxAnswerBytesInFlight: setting(
    'TALLY_KAFKA_MAX_ANSWER_BYTES_IN_FLIGHT',
    wholeNumber(4096, 2 ** 40, 256 * MIB),
    'records in answers to all connections until they are sent, half of it for one address at most; further ones wait',
  ),
  transferTimeoutMs: setting(
    'TALLY_KAFKA_TRANSFER_TIMEOUT_MS',
    wholeNumber(1, HOUR_MS, 30 * SECOND_MS),
    'how long a client may take to send a request that it began, or to take an answer',
  ),
  idleTimeoutMs: setting(
    'TALLY_KAFKA_IDLE_TIMEOUT_MS',
    wholeNumber(1, DAY_MS, 10 * MINUTE_MS),
    'how long a client may say nothing; longer than any wait of the protocol',
  ),
  groupInitialDelayMs: setting(
    'TALLY_GROUP_INITIAL_DELAY_MS',
    wholeNumber(0, MINUTE_MS, 100),
    'how long an empty group waits for more members: they start together, and each that comes later costs a rebalance',
  ),
  groupMaxGroups: setting(
    'TALLY_GROUP_MAX_GROUPS',
    wholeNumber(1, 1_000_000, 10_000),
    'groups with members, and groups with committed offsets; each costs some kilobytes and timers. Three quarters at most are for offsets that nobody commits as a member',
  ),
  groupMaxMetadataBytes: setting(
    'TALLY_GROUP_MAX_METADATA_BYTES',
    wholeNumber(1024, 2 ** 30, 8 * MIB),
    'what the members of one group say of themselves, and what they are assigned; its leader is told all of it at once',
  ),
  groupMaxMembersInAll: setting(
    'TALLY_GROUP_MAX_MEMBERS_IN_ALL',
    wholeNumber(1, 1_000_000, 10_000),
    'members of all groups, with those that were given an id and have to come again; each costs a timer and some kilobytes',
  ),
  groupMaxMetadataBytesInAll: setting(
    'TALLY_GROUP_MAX_METADATA_BYTES_IN_ALL',
    wholeNumber(1024, 2 ** 30, 64 * MIB),
    'what the members of all groups say of themselves and are assigned; it is held in memory',
  ),
  groupMaxOffsets: setting(
    'TALLY_GROUP_MAX_OFFSETS',
    wholeNumber(1, 100_000_000, 200_000),
    'committed offsets of all groups; they are held in memory, some hundred bytes each',
  ),
  groupOffsetsRetentionMs: setting(
    'TALLY_GROUP_OFFSETS_RETENTION_MS',
    wholeNumber(0, 2 ** 42, 0),
    'how long offsets of a group without members and commits are kept; 0 keeps them for ever, since whoever comes back after a long stop must neither skip records nor count them again: only where another group needs the room they go after a week',
  ),
  groupRestoredSessionMs: setting(
    'TALLY_GROUP_RESTORED_SESSION_MS',
    wholeNumber(1, HOUR_MS, 3 * SECOND_MS),
    'after a start, how long members of before may take until they are heard of, or a third of their session where that is longer; who is alive connects again within a second, and a dead one keeps its partitions for so long',
  ),
  groupMaxMembers: setting(
    'TALLY_GROUP_MAX_MEMBERS',
    wholeNumber(1, 100_000, 1000),
    'members of one group; more than partitions would be idle',
  ),
  groupMinSessionMs: setting(
    'TALLY_GROUP_MIN_SESSION_MS',
    wholeNumber(1, HOUR_MS, SECOND_MS),
    'shortest session a member may ask for; shorter ones end in garbage collection',
  ),
  groupMaxSessionMs: setting(
    'TALLY_GROUP_MAX_SESSION_MS',
    wholeNumber(1, DAY_MS, 30 * MINUTE_MS),
    'longest session a member may ask for: so long a dead one keeps its partitions',
  ),
};

export type PartitionLogConfig = ConfigOf<typeof settings>;
