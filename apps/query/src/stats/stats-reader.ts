import { writeStatsAnswer, type clusterProxy, type query } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { EventsTopic } from '@tally/placement';
import { inTurns, type LongestHolds, type Turns } from '@tally/resilience';
import type { LastAnswers } from './last-answers.js';
import { mergeAnswers, startMsOf } from './merge-answers.js';
import { planQuestion, type Plan } from './plan-question.js';

/** Who asks: how long they wait, in ms, and whether they still do. */
export interface Asker {
  readonly mostMs: number;
  readonly signal: AbortSignal;
}

export interface StatsReaderParts {
  readonly clusterProxy: Pick<ServiceClient, 'call'>;
  readonly timeoutMs: number;
  readonly lastAnswers: LastAnswers;
  readonly turns: Turns;
  readonly holds: LongestHolds;
  /** The current events topic; undefined before the first. */
  topic(): EventsTopic | undefined;
}

/** Answers statistics from the counters of the shards. */
export class StatsReader {
  constructor(private readonly parts: StatsReaderParts) {}

  /**
   * A GetStatsResponse, written. TallyError: `invalid_argument`, `internal` for what no shard may say,
   * or the cluster-proxy's.
   */
  async getStats(request: query.GetStatsRequest, { mostMs, signal }: Asker): Promise<Buffer> {
    const { clusterProxy, timeoutMs, turns, holds } = this.parts;
    const plan = planQuestion(request);
    const topic = this.parts.topic();
    const question: clusterProxy.ReadCountersRequest = {
      seriesIds: plan.seriesIds,
      fromMinute: plan.fromMinute.toString(),
      toMinute: plan.toMinute.toString(),
      granularity: request.granularity,
      topics: topic === undefined ? [] : [{ topic: topic.name, partitions: topic.partitions }],
      maxRows: plan.maxWindows,
      ...(plan.figures && {
        uniqueAttribute: plan.figures.uniqueAttribute,
        quantiles: plan.figures.quantiles.length > 0,
      }),
    };
    const answer = await clusterProxy.call<clusterProxy.ReadCountersResponse>(
      'ReadCounters',
      question,
      { deadlineMs: Math.min(timeoutMs, mostMs), signal, idempotent: true },
    );
    return inTurns(this.write(plan, answer, topic), turns, holds, 'answer');
  }

  private *write(
    plan: Plan,
    answer: clusterProxy.ReadCountersResponse,
    topic: EventsTopic | undefined,
  ): Generator<undefined, Buffer> {
    const merged = yield* mergeAnswers(plan, answer, topic && this.parts.lastAnswers);
    // Without a topic nothing says what an answer is complete to.
    const asOfMs = topic && merged.asOfMs;
    return yield* writeStatsAnswer({ ...merged, asOfMs }, (row) => startMsOf(plan, row));
  }
}
