import { CounterRows, TallyError, type clusterProxy, type StatsRows } from '@tally/contracts';
import {
  assertWithin,
  broken,
  earliest,
  instantOf,
  rowsByIndex,
  type RowsAndFigures,
} from './answered-rows.js';
import { partlyDeclared } from './figures.js';
import type { Plan } from './plan-question.js';

interface Found {
  readonly missing: boolean;
  /** As they came; none where no event of the subject is in any. */
  readonly groups: (RowsAndFigures & { readonly group: string })[];
}

/**
 * One answer out of those of the shards, in steps, as mergeAnswers: by subject, then by group. Earlier
 * answers are not kept: of a shard that does not answer its subjects are missing.
 */
export function* mergeGroups(
  plan: Plan,
  { shards }: clusterProxy.ReadGroupsResponse,
): Generator<undefined, StatsRows> {
  const found = new Map<string, Found>();
  const asked = new Set(plan.subjects);
  const missingShards: number[] = [];
  const instants: (bigint | undefined)[] = [];
  let count = 0;
  for (const { shard, subjects, groups: answer } of shards) {
    for (const subject of subjects) {
      if (!asked.has(subject)) throw broken(shard, 'a subject that was not asked for');
      if (found.has(subject)) throw broken(shard, 'a subject that another shard has too');
      found.set(subject, { missing: answer === undefined, groups: [] });
    }
    if (answer === undefined) {
      missingShards.push(shard);
      continue;
    }
    const byGroup = yield* rowsByIndex(plan, shard, answer, answer.groups.length);
    for (const [index, { subject, values: group }] of answer.groups.entries()) {
      const one = byGroup.get(index);
      const own = found.get(subjects[subject] ?? '');
      if (one === undefined || own === undefined) throw broken(shard, `group ${index} of nothing`);
      own.groups.push({ ...one, group });
      count += one.rows.length;
    }
    instants.push(instantOf(answer));
    assertWithin(count, plan);
  }
  const subjects = plan.subjects.flatMap((subject) => {
    const own = found.get(subject);
    if (own === undefined)
      throw new TallyError('internal', `no shard spoke of a subject of the question`);
    if (own.groups.length === 0) return [{ subject, rows: CounterRows.NONE, missing: own.missing }];
    return own.groups.map((one) => ({ subject, ...one, missing: false }));
  });
  const partlyDeclaredWindows = yield* partlyDeclared(plan.figures, subjects);
  return { subjects, asOfMs: earliest(instants), missingShards, partlyDeclaredWindows };
}
