import { catalogSettings } from '@tally/catalog';
import { DAY_MS, MINUTE_MS } from '@tally/contracts';
import { logSettings } from '@tally/log-client';
import {
  type ConfigOf,
  discoverySettings,
  serviceSettings,
  line,
  setting,
  wholeNumber,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  ...logSettings,
  ...catalogSettings,
  flushIntervalMs: setting(
    'TALLY_FLUSH_INTERVAL_MS',
    wholeNumber(10, 60_000, 600),
    'time between two flushes while events come, a second at least while none do, until the first: with TALLY_MAX_CLOCK_SKEW_MS and the time of a flush it is how old an answer is at most when all is well; longer merges more events into a row',
  ),
  flushRows: setting(
    'TALLY_FLUSH_ROWS',
    wholeNumber(1, 100_000, 20_000),
    'rows for one shard that are flushed at once; larger ones make longer transactions and need more memory',
  ),
  flushBytes: setting(
    'TALLY_FLUSH_BYTES',
    wholeNumber(1 << 16, 16 << 20, 8 << 20),
    'bytes of rows and names for one shard that are flushed at once, and how many may wait for the next flush; with one record more they must fit into a message',
  ),
  shardDeadlineMs: setting(
    'TALLY_SHARD_DEADLINE_MS',
    wholeNumber(100, 60_000, 5000),
    'how long one flush may take until its outcome is unknown and it is sent again',
  ),
  shardPatienceMs: setting(
    'TALLY_SHARD_PATIENCE_MS',
    wholeNumber(1000, 600_000, 15_000),
    'how long the others wait at a start for a shard that does not say what it covers, until they are counted without it; longer than Postgres needs to start again. While counting, one that holds up others is left sooner, unless none answers',
  ),
  groupSessionMs: setting(
    'TALLY_GROUP_SESSION_MS',
    wholeNumber(1000, 60_000, 6000),
    'how long the log waits for a silent processor before others get its partitions; the least that Apache Kafka takes unless told otherwise, and far longer than any piece of work between two heartbeats. Longer survives longer pauses',
  ),
  fetchWaitMs: setting(
    'TALLY_FETCH_WAIT_MS',
    wholeNumber(10, 5000, 100),
    'how long a fetch waits for more new events; also the longest until a partition that was paused is read. Where the last one found none, 500 ms at least, and only until the first',
  ),
  fetchMinBytes: setting(
    'TALLY_FETCH_MIN_BYTES',
    wholeNumber(1, 64 << 20, 1 << 18),
    'so many bytes of new events end the wait of a fetch; events are counted together between flushes anyway, and each fetch costs',
  ),
  fetchBytes: setting(
    'TALLY_FETCH_BYTES',
    wholeNumber(1 << 16, 64 << 20, 1 << 20),
    'most bytes of one partition in one fetch',
  ),
  maxClockSkewMs: setting(
    'TALLY_MAX_CLOCK_SKEW_MS',
    wholeNumber(0, 60_000, 1000),
    "how much this clock may be ahead of the log's; an answer of an idle system is this old",
  ),
  versionWaitMs: setting(
    'TALLY_VERSION_WAIT_MS',
    wholeNumber(100, 600_000, 10_000),
    'how long ZooKeeper has to answer, twice, without the version of the event types that a block names until its events are dead, or the log that the catalogue ends before the position that it names; servers of ZooKeeper are behind for less',
  ),
  schemaWaitMs: setting(
    'TALLY_SCHEMA_WAIT_MS',
    wholeNumber(0, DAY_MS, 15 * MINUTE_MS),
    'how long a block of a schema that a later version may know waits for the processor that replaces this one until its events are dead; longer than it takes to replace them all',
  ),
  verifyIntervalMs: setting(
    'TALLY_VERIFY_INTERVAL_MS',
    wholeNumber(1000, 3_600_000, 60_000),
    'time between two comparisons of what the shards have with what was sent to them',
  ),
  logKeepMs: setting(
    'TALLY_LOG_KEEP_MS',
    wholeNumber(0, 36_500 * DAY_MS, 7 * DAY_MS),
    'how long events stay in the log after every shard has counted them, so that a shard that is put back to what it was counts again what it lacks: longer than the oldest backup of a shard that may have to be used. 0: for ever',
  ),
  maxSeries: setting(
    'TALLY_MAX_SERIES',
    wholeNumber(1000, 10_000_000, 200_000),
    'series that are remembered, some 100 bytes each; past it those are forgotten that had no event for longest, which costs time alone',
  ),
  maxWindowBytes: setting(
    'TALLY_MAX_WINDOW_BYTES',
    wholeNumber(0, 2 ** 40, 0),
    'memory of the dedup windows of all partitions that are counted here, 40 bytes for each event of that time; past it nothing is forgotten, but reading waits. 0: half of what the container has, or else the machine',
  ),
  snapshotDir: setting(
    'TALLY_SNAPSHOT_DIR',
    line('a folder', ''),
    'where generations of the dedup windows are kept, 18 bytes for each event of two windows, so that a start need not read them back from the log. Of one Tally; processors may share it; what is lost costs time alone. Empty: none',
  ),
  snapshotBucket: setting(
    'TALLY_SNAPSHOT_S3_BUCKET',
    line('a bucket', ''),
    'where they are kept instead of a folder: a bucket of S3, or of what speaks its protocol, so that processors of other machines find them. AWS_ACCESS_KEY_ID and the other variables of the SDK of AWS say who this service is',
  ),
  snapshotPrefix: setting(
    'TALLY_SNAPSHOT_S3_PREFIX',
    line('the beginning of names', 'generations/'),
    'how the names of all objects begin; what is below belongs to one Tally',
  ),
  snapshotRegion: setting(
    'TALLY_SNAPSHOT_S3_REGION',
    line('a region', 'us-east-1'),
    'of the bucket',
  ),
  snapshotEndpoint: setting(
    'TALLY_SNAPSHOT_S3_ENDPOINT',
    line('a URL', ''),
    'of a server that is not that of AWS',
  ),
};

export type ProcessorConfig = ConfigOf<typeof settings>;
