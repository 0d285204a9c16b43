import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { SECOND_MS } from '@tally/contracts';
import type { HeldClock } from '@tally/resilience';
import { descriptorWaits, type DiskWatermarks, type SegmentLog } from '@tally/segment-log';
import type { GroupCoordinator } from './groups/group-coordinator.js';
import { lagOfGroups } from './groups/group-lag.js';
import type { KafkaServer } from './server/kafka-server.js';
import type { RequestObserver } from './server/request-router.js';
import { clockRefusal } from './storage/open-clock.js';

/** Groups and topics come from clients: their number is not ours. */
const MAX_LAGS = 200;

export interface LogMetrics {
  readonly requests: Counter<'api' | 'error'>;
  readonly requestSeconds: Histogram<'api'>;
  readonly requestsInFlight: Gauge<'api'>;
  readonly receivedBytes: Counter<'api'>;
  readonly sentBytes: Counter<'api'>;
  readonly appendBytes: Counter<'topic'>;
  readonly fetchBytes: Counter<'topic'>;
  readonly syncSeconds: Histogram;
  readonly commitBytes: Histogram;
  readonly scrubbedBytes: Counter;
  readonly scrubbedAt: Gauge;
  readonly refusedConnections: Counter<'reason'>;
  readonly waits: Counter<'what'>;
  readonly loginFailures: Counter;
  readonly authorizationFailures: Counter<'api'>;
  readonly removedBytes: Counter<'topic'>;
  readonly compactedBytes: Counter<'topic'>;
}

export function logMetrics(registry: Registry): LogMetrics {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'tally_kafka_requests_total',
      help: 'Requests answered, by API and first error in the answer.',
      labelNames: ['api', 'error'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'tally_kafka_request_seconds',
      help: 'Time from a request to its answer, by API. Fetch, JoinGroup and SyncGroup wait as long as the client wants.',
      labelNames: ['api'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    requestsInFlight: new Gauge({
      name: 'tally_kafka_requests_in_flight',
      help: 'Requests that are not answered yet, by API.',
      labelNames: ['api'],
      registers,
    }),
    receivedBytes: new Counter({
      name: 'tally_kafka_received_bytes_total',
      help: 'Bytes of requests, by API.',
      labelNames: ['api'],
      registers,
    }),
    sentBytes: new Counter({
      name: 'tally_kafka_sent_bytes_total',
      help: 'Bytes of answers, by API.',
      labelNames: ['api'],
      registers,
    }),
    appendBytes: new Counter({
      name: 'tally_log_append_bytes_total',
      help: 'Bytes of record batches that became durable, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    fetchBytes: new Counter({
      name: 'tally_log_fetch_bytes_total',
      help: 'Bytes of record batches that were read, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    syncSeconds: new Histogram({
      name: 'tally_log_sync_seconds',
      help: 'Time until the disk had a commit round: all files of the round together.',
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    commitBytes: new Histogram({
      name: 'tally_log_commit_bytes',
      help: 'Bytes of record batches that one commit round made durable.',
      buckets: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8],
      registers,
    }),
    scrubbedBytes: new Counter({
      name: 'tally_log_scrubbed_bytes_total',
      help: 'Bytes of records that were read again to find damage, counted when all were read.',
      registers,
    }),
    scrubbedAt: new Gauge({
      name: 'tally_log_scrubbed_timestamp_seconds',
      help: 'When all records had been read again last, in seconds since 1970.',
      registers,
    }),
    refusedConnections: new Counter({
      name: 'tally_kafka_refused_connections_total',
      help: 'Connections ended by this side: too many, not speaking the protocol in time, or asking on when their session was over.',
      labelNames: ['reason'],
      registers,
    }),
    loginFailures: new Counter({
      name: 'tally_kafka_login_failures_total',
      help: 'Clients that failed to authenticate.',
      registers,
    }),
    authorizationFailures: new Counter({
      name: 'tally_kafka_authorization_failures_total',
      help: 'Times that a user was refused a topic, a group or the cluster for want of a right, by API.',
      labelNames: ['api'],
      registers,
    }),
    removedBytes: new Counter({
      name: 'tally_log_removed_bytes_total',
      help: 'Bytes of segments that went for their age, or because their topic was too large, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    compactedBytes: new Counter({
      name: 'tally_log_compacted_bytes_total',
      help: 'Bytes by which segments became smaller since later records have replaced some of theirs, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    waits: new Counter({
      name: 'tally_kafka_memory_waits_total',
      help: 'Times that a request, or an answer, waited for memory that others held.',
      labelNames: ['what'],
      registers,
    }),
  };
}

/** What is told of each request. */
export function observeRequests(metrics: LogMetrics): RequestObserver {
  return {
    begin(api, requestBytes) {
      metrics.receivedBytes.inc({ api }, requestBytes);
      metrics.requestsInFlight.inc({ api });
      const stop = metrics.requestSeconds.startTimer({ api });
      return (error, answerBytes) => {
        stop();
        metrics.requestsInFlight.dec({ api });
        metrics.requests.inc({ api, error });
        metrics.sentBytes.inc({ api }, answerBytes);
      };
    },
  };
}

/** What is remembered of producers; at its bound in a partition, the one silent longest is forgotten. */
export function registerProducerMetrics(registry: Registry, log: SegmentLog): void {
  const producers = new Gauge({
    name: 'tally_log_producers',
    help: 'Idempotent producers that are known in the partition that knows most.',
    registers: [registry],
    collect() {
      const counts = log
        .topics()
        .flatMap(({ partitions }) => partitions.map(({ producerCount }) => producerCount));
      producers.set(Math.max(0, ...counts));
    },
  });
}

/** How far groups are behind. Of very many groups those that are farthest. */
export function registerLagMetrics(
  registry: Registry,
  log: SegmentLog,
  groups: GroupCoordinator,
): void {
  const lag = new Gauge({
    name: 'tally_kafka_group_lag_records',
    help: 'Records behind the offsets that a group has committed, by group and topic; the 200 largest.',
    labelNames: ['group', 'topic'],
    registers: [registry],
    collect() {
      lag.reset();
      for (const { group, topic, records } of lagOfGroups(log, groups.offsets).slice(0, MAX_LAGS)) {
        lag.set({ group, topic }, records);
      }
    },
  });
}

export function registerDamageMetrics(registry: Registry, log: SegmentLog): void {
  const records = new Gauge({
    name: 'tally_log_damaged_records',
    help: 'Records that are damaged or missing and cannot be read, by topic.',
    labelNames: ['topic'],
    registers: [registry],
    collect() {
      records.reset();
      for (const { topic, offset, endOffset } of log.damage()) {
        records.inc({ topic }, Number(endOffset - offset));
      }
    },
  });
}

/** Of files that have to be opened while the process has no descriptor left. */
export function registerDescriptorMetrics(registry: Registry): void {
  const waits = new Counter({
    name: 'tally_log_descriptor_waits_total',
    help: 'Times that opening a file had to wait, because this process or the machine had no descriptor left.',
    registers: [registry],
    collect() {
      waits.reset();
      waits.inc(descriptorWaits());
    },
  });
}

export function registerSegmentMetrics(registry: Registry, log: SegmentLog): void {
  const open = new Gauge({
    name: 'tally_log_open_segments',
    help: 'Segments that have a descriptor; beyond TALLY_LOG_MAX_OPEN_SEGMENTS those that nobody uses are closed.',
    registers: [registry],
    collect() {
      open.set(log.openSegments);
    },
  });
}

export function registerClosedTopicMetrics(registry: Registry, log: SegmentLog): void {
  const closed = new Gauge({
    name: 'tally_log_closed_topics',
    help: 'Topics whose description is damaged: nobody appends to them or reads them until somebody has mended it.',
    registers: [registry],
    collect() {
      closed.set(log.closedTopics().length);
    },
  });
}

export function registerSpaceMetrics(registry: Registry, space: DiskWatermarks): void {
  const free = new Gauge({
    name: 'tally_log_free_bytes',
    help: 'Bytes that are free on the disk of the log.',
    registers: [registry],
    collect() {
      if (space.freeBytes !== undefined) free.set(space.freeBytes);
    },
  });
  const low = new Gauge({
    name: 'tally_log_space_low',
    help: '1 while appends of clients are refused because too little is free.',
    registers: [registry],
    collect() {
      low.set(space.refusal === undefined ? 0 : 1);
    },
  });
}

export function registerClockMetrics(registry: Registry, clock: HeldClock): void {
  const refuses = new Gauge({
    name: 'tally_log_clock_wrong',
    help: '1 while appends are refused because the clock of this machine has stepped, or is behind a record.',
    registers: [registry],
    collect() {
      refuses.set(clockRefusal(clock) === undefined ? 0 : 1);
    },
  });
  const step = new Gauge({
    name: 'tally_log_clock_step_seconds',
    help: 'How far the clock of this machine is from where it would be if nobody had set it since the start.',
    registers: [registry],
    collect() {
      clock.now();
      step.set(clock.steppedByMs / SECOND_MS);
    },
  });
}

export function registerServerMetrics(
  registry: Registry,
  server: KafkaServer,
  groups: GroupCoordinator,
): void {
  const connections = new Gauge({
    name: 'tally_kafka_connections',
    help: 'Open connections of clients.',
    registers: [registry],
    collect() {
      connections.set(server.connectionCount);
    },
  });
  const bytes = new Gauge({
    name: 'tally_kafka_bytes_in_flight',
    help: 'Memory promised to requests and to answers.',
    labelNames: ['what'],
    registers: [registry],
    collect() {
      const { request, answer } = server.bytesInFlight;
      bytes.set({ what: 'request' }, request);
      bytes.set({ what: 'answer' }, answer);
    },
  });
  const active = new Gauge({
    name: 'tally_kafka_groups',
    help: 'Consumer groups with members.',
    registers: [registry],
    collect() {
      active.set(groups.groupCount);
    },
  });
}
