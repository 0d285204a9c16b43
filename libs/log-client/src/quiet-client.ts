// Who compiles these sources as a part of its own sees no declarations but those that are named.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- It declares modules and is none.
/// <reference path="./kafkajs-internals.d.ts" />
import Broker, { type FetchAnswer, type FetchRequest } from 'kafkajs/src/broker/index.js';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * How long a fetch waits when the last one found nothing, in ms; it ends with the first record. Who
 * stops reading, or goes on with a partition that was paused, waits as long at most.
 */
export const QUIET_WAIT_MS = 500;

/**
 * Lets the client sleep while nothing happens. By itself it looks a thousand times a second, for each
 * connection, whether a request waits that may be sent now, and ten times whether one has waited too
 * long; and it asks an empty log as often as a full one. Once, before any client is made.
 */
export function quietenClient(): void {
  const { scheduleCheckPendingRequests } = RequestQueue.prototype;
  const { fetch } = Broker.prototype;
  RequestQueue.prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
  };
  RequestQueue.prototype.scheduleRequestTimeoutCheck = function () {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    endLateRequests(this);
  };
  /** What the last fetch of a broker asked for, where it found nothing. */
  const empty = new WeakMap<Broker, string>();
  Broker.prototype.fetch = async function (request) {
    const asked = positionsOf(request);
    const isQuiet = empty.get(this) === asked;
    empty.delete(this);
    const answer = await fetch.call(this, isQuiet ? patient(request) : request);
    if (isEmpty(answer)) empty.set(this, asked);
    return answer;
  };
}

/** Now, and again when the next one may be late: those that are sent meanwhile have more time. */
function endLateRequests(queue: RequestQueue): void {
  const now = Date.now();
  let againMs = queue.requestTimeout;
  for (const request of [...queue.inflight.values()]) {
    const leftMs = request.sentAt + request.requestTimeout - now;
    if (leftMs < 0) request.timeoutRequest();
    else againMs = Math.min(againMs, leftMs);
  }
  if (!queue.isConnected()) return queue.destroy();
  queue.requestTimeoutIntervalId = setTimeout(() => endLateRequests(queue), againMs + 1);
}

/** Whole fetches wait for many bytes, so that there are fewer; where none come, the first ones count. */
function patient(request: FetchRequest): FetchRequest {
  const maxWaitTime = Math.max(request.maxWaitTime, QUIET_WAIT_MS);
  return { ...request, maxWaitTime, minBytes: 1 };
}

function positionsOf({ topics }: FetchRequest): string {
  const positions = topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, fetchOffset }) => `${topic} ${partition} ${fetchOffset}`),
  );
  return positions.join('\n');
}

function isEmpty({ responses }: FetchAnswer): boolean {
  return responses.every(({ partitions }) =>
    partitions.every(({ messages }) => messages.length === 0),
  );
}
