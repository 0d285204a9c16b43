import { type clusterProxy, type query } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { EventsTopic } from '@tally/placement';
import type { LastAnswers } from './last-answers.js';
import { mergeAnswers } from './merge-answers.js';
import { planQuestion } from './plan-question.js';

/** Who asks: how long they wait, in ms, and whether they still do. */
export interface Asker {
  readonly mostMs: number;
  readonly signal: AbortSignal;
}

/** Answers statistics from the counters of the shards. */
export class StatsReader {
  constructor(
    private readonly clusterProxy: ServiceClient,
    /** The current events topic; undefined before the first. */
    private readonly topic: () => EventsTopic | undefined,
    private readonly timeoutMs: number,
    private readonly lastAnswers: LastAnswers,
  ) {}

  /** TallyError: `invalid_argument`, `internal` for what no shard may say, or the cluster-proxy's. */
  async getStats(
    request: query.GetStatsRequest,
    { mostMs, signal }: Asker,
  ): Promise<query.GetStatsResponse> {
    const plan = planQuestion(request);
    const topic = this.topic();
    const question: clusterProxy.ReadCountersRequest = {
      seriesIds: plan.seriesIds,
      fromMinute: plan.fromMinute.toString(),
      toMinute: plan.toMinute.toString(),
      granularity: request.granularity,
      topics: topic === undefined ? [] : [{ topic: topic.name, partitions: topic.partitions }],
      maxRows: plan.maxWindows,
    };
    const answer = await this.clusterProxy.call<clusterProxy.ReadCountersResponse>(
      'ReadCounters',
      question,
      { deadlineMs: Math.min(this.timeoutMs, mostMs), signal, idempotent: true },
    );
    // Without a topic nothing says what an answer is complete to.
    if (topic === undefined) {
      const { asOfMs: _, ...rest } = mergeAnswers(plan, answer);
      return rest;
    }
    return mergeAnswers(plan, answer, this.lastAnswers);
  }
}
