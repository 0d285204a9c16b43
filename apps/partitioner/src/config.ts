import { logSettings } from '@tally/log-client';
import {
  type ConfigOf,
  discoverySettings,
  grpcSettings,
  serviceSettings,
  setting,
  wholeNumber,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  ...grpcSettings,
  ...logSettings,
  partitions: setting(
    'TALLY_PARTITIONS',
    wholeNumber(1, 4096, 16),
    'partitions of an events topic that has to be made; one that is there keeps its number',
  ),
  dedupWindowMs: setting(
    'TALLY_DEDUP_WINDOW_MS',
    wholeNumber(1000, 86_400_000, 600_000),
    'how long a duplicate of an event is recognised, for an events topic that has to be made; its reader keeps 40 bytes for each event of that time',
  ),
  maxQueuedBytes: setting(
    'TALLY_MAX_QUEUED_BYTES',
    wholeNumber(1 << 20, 2 ** 32, 64 << 20),
    'events that wait for the log, in bytes; what comes then is refused, so that memory stays bounded',
  ),
  maxAppendBytes: setting(
    'TALLY_MAX_APPEND_BYTES',
    wholeNumber(1 << 16, 8 << 20, 4 << 20),
    'events that go to the log in one request, in bytes; larger ones save calls, smaller ones wait less',
  ),
  maxAppendsInFlight: setting(
    'TALLY_MAX_APPENDS_IN_FLIGHT',
    wholeNumber(1, 8, 2),
    'requests to the log at once; while they are on their way, events gather for the next',
  ),
  worthwhileAppendBytes: setting(
    'TALLY_WORTHWHILE_APPEND_BYTES',
    wholeNumber(1, 8 << 20, 64 << 10),
    'so many bytes of events go while other requests are on their way; fewer gather until those are back',
  ),
  appendHoldMs: setting(
    'TALLY_APPEND_HOLD_MS',
    wholeNumber(0, 1000, 20),
    'how long few events wait for requests that are on their way, to go together with others; long enough to save calls, too short to notice when one hangs',
  ),
};

export type PartitionerConfig = ConfigOf<typeof settings>;
