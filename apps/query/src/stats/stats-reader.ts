import { writeStatsAnswer, type clusterProxy, type query, type StatsRows } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { EventsTopic } from '@tally/placement';
import { inTurns, type LongestHolds, type Turns } from '@tally/resilience';
import type { LastAnswers } from './last-answers.js';
import { mergeAnswers, startMsOf } from './merge-answers.js';
import { mergeGroups } from './merge-groups.js';
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

type Range = Omit<clusterProxy.ReadCountersRequest, 'seriesIds'>;
/** An answer that is put together in steps. */
type Merging = Generator<undefined, StatsRows>;

/** Answers statistics from the counters of the shards. */
export class StatsReader {
  constructor(private readonly parts: StatsReaderParts) {}

  /**
   * A GetStatsResponse, written. TallyError: `invalid_argument`, `internal` for what no shard may say,
   * or the cluster-proxy's.
   */
  async getStats(request: query.GetStatsRequest, asker: Asker): Promise<Buffer> {
    const plan = planQuestion(request);
    const topic = this.parts.topic();
    const range: Range = {
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
    const { turns, holds } = this.parts;
    const merging = await this.ask(request, plan, range, topic, asker);
    return inTurns(write(plan, merging, topic), turns, holds, 'answer');
  }

  private async ask(
    { project, type, grouping }: query.GetStatsRequest,
    plan: Plan,
    range: Range,
    topic: EventsTopic | undefined,
    { mostMs, signal }: Asker,
  ): Promise<Merging> {
    const { clusterProxy, timeoutMs, lastAnswers } = this.parts;
    const options = { deadlineMs: Math.min(timeoutMs, mostMs), signal, idempotent: true };
    if (grouping === undefined) {
      const question: clusterProxy.ReadCountersRequest = { ...range, seriesIds: plan.seriesIds };
      const answer = await clusterProxy.call<clusterProxy.ReadCountersResponse>(
        'ReadCounters',
        question,
        options,
      );
      return mergeAnswers(plan, answer, topic && lastAnswers);
    }
    const question: clusterProxy.ReadGroupsRequest = {
      ...range,
      project,
      type,
      subjects: plan.subjects,
      grouping,
    };
    const answer = await clusterProxy.call<clusterProxy.ReadGroupsResponse>(
      'ReadGroups',
      question,
      options,
    );
    return mergeGroups(plan, answer);
  }
}

function* write(
  plan: Plan,
  merging: Merging,
  topic: EventsTopic | undefined,
): Generator<undefined, Buffer> {
  const merged = yield* merging;
  // Without a topic nothing says what an answer is complete to.
  const asOfMs = topic && merged.asOfMs;
  return yield* writeStatsAnswer({ ...merged, asOfMs }, (row) => startMsOf(plan, row));
}
