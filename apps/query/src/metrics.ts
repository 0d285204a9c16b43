import { Counter, Gauge, type Registry } from 'prom-client';

export interface LastAnswerMetrics {
  readonly forgotten: Counter;
  readonly given: Counter;
}

/** `size` is asked at each scrape. */
export function lastAnswerMetrics(
  registry: Registry,
  size: () => { readonly bytes: number; readonly entries: number },
): LastAnswerMetrics {
  const registers = [registry];
  const bytes = new Gauge({
    name: 'tally_query_last_answer_bytes',
    help: 'Memory of the last known answers, about.',
    registers,
    collect() {
      bytes.set(size().bytes);
    },
  });
  const entries = new Gauge({
    name: 'tally_query_last_answers',
    help: 'Last known answers, each of one series over one time.',
    registers,
    collect() {
      entries.set(size().entries);
    },
  });
  return {
    forgotten: new Counter({
      name: 'tally_query_last_answers_forgotten_total',
      help: 'Series whose last answers made room for others.',
      registers,
    }),
    given: new Counter({
      name: 'tally_query_stale_series_total',
      help: 'Series answered with the last known answer, because their shard did not answer.',
      registers,
    }),
  };
}
