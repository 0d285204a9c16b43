import type { Turns } from '@tally/resilience';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AnswerBudget } from './http/answer-budget.js';
import type { BodyBudget } from './http/body-budget.js';

export interface EventMetrics {
  readonly accepted: Counter;
  readonly rejected: Counter<'code'>;
  readonly unconfirmed: Counter<'code'>;
}

export function eventMetrics(registry: Registry): EventMetrics {
  return {
    accepted: new Counter({
      name: 'tally_gateway_events_accepted_total',
      help: 'Events that the log has confirmed.',
      registers: [registry],
    }),
    rejected: new Counter({
      name: 'tally_gateway_events_rejected_total',
      help: 'Events that broke a rule, by the code of their rejection.',
      labelNames: ['code'],
      registers: [registry],
    }),
    unconfirmed: new Counter({
      name: 'tally_gateway_events_unconfirmed_total',
      help: 'Events of batches that the log did not confirm, by error code: some may be in it.',
      labelNames: ['code'],
      registers: [registry],
    }),
  };
}

/** Of a server that is made before there is a registry. */
export function refusedConnections(): Counter<'reason'> {
  return new Counter({
    name: 'tally_gateway_refused_connections_total',
    help: 'Connections closed because there were too many, of all or of their address, or too few descriptors are left (descriptors), or ended because their caller asks faster than it reads answers.',
    labelNames: ['reason'],
    registers: [],
  });
}

/** Of a server that is made before there is a registry. */
export function slowReaders(): Counter {
  return new Counter({
    name: 'tally_gateway_slow_readers_total',
    help: 'Readers that were disconnected because they did not take their answer.',
    registers: [],
  });
}

/** Of a server that is made before there is a registry. */
export function requestSeconds(): Histogram<'route' | 'status'> {
  return new Histogram({
    name: 'tally_gateway_request_seconds',
    help: 'Time from the head of a request to the end of its answer, by route and status; what is refused before its path is looked at has the route none, and took no time.',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [],
  });
}

/** Returns the counter of requests that the budget refused. */
export function registerBudgetMetrics(registry: Registry, budget: BodyBudget): Counter {
  const bytes = new Gauge({
    name: 'tally_gateway_in_flight_bytes',
    help: 'Bodies of events being received and processed, in bytes.',
    registers: [registry],
    collect() {
      bytes.set(budget.usedBytes);
    },
  });
  return new Counter({
    name: 'tally_gateway_refused_for_memory_total',
    help: 'Requests refused because too many bytes were in flight.',
    registers: [registry],
  });
}

/** Of requests that wait because others of their connection are still being answered. */
export function registerTurnMetrics(registry: Registry, turns: Turns): void {
  const waiting = new Gauge({
    name: 'tally_gateway_requests_waiting_for_turn',
    help: 'Requests sent behind others on their connection that wait for the event loop.',
    registers: [registry],
    collect() {
      waiting.set(turns.waiting);
    },
  });
}

/** Returns the counter of answers that were refused. */
export function answerMetrics(registry: Registry, budget: () => AnswerBudget): Counter {
  const bytes = new Gauge({
    name: 'tally_gateway_answer_bytes',
    help: 'Memory of answers that are made or read, in bytes, as it is reckoned.',
    registers: [registry],
    collect() {
      bytes.set(budget().usedBytes);
    },
  });
  return new Counter({
    name: 'tally_gateway_refused_for_answers_total',
    help: 'Requests refused because answers held too much memory.',
    registers: [registry],
  });
}
