import {
  MAX_DIMENSIONS,
  MAX_GROUPS,
  MAX_SUBJECTS,
  TallyError,
  type shardProxy,
} from '@tally/contracts';
import { seriesId, slotOf } from '@tally/placement';
import { toTallyError } from '../postgres-errors.js';
import {
  assertFits,
  clampMinute,
  encodeRows,
  isSketched,
  mostRows,
  refuse,
  sketchValues,
  topicColumns,
  widthOf,
  type AnswerRow,
  type InSteps,
} from './answer-rows.js';
import type { Asker } from './read-counters.js';
import { READ_GROUPS } from './read-groups.sql.js';

type Question = Omit<shardProxy.ReadGroupsRequest, 'shard' | 'epoch'>;

/**
 * Windows of what dimensions split, summed up by values of some of them, with the instant to which they
 * are complete, in one snapshot. TallyErrors as of readCounters.
 */
export async function readGroups(
  asker: Asker,
  question: Question,
  owns: (slot: number) => boolean,
  inSteps: InSteps,
): Promise<shardProxy.ReadGroupsResponse> {
  const values = valuesOf(question, owns);
  let rows: AnswerRow[];
  try {
    ({ rows } = await asker.query<AnswerRow & unknown[]>({
      text: READ_GROUPS,
      values,
      rowMode: 'array',
    }));
  } catch (error) {
    throw toTallyError('counters by dimensions', error);
  }
  assertFits(rows, question);
  const groups = rows.flatMap((row) => {
    const [subject, own] = row.slice(11) as [subject?: string, values?: string | null];
    return typeof own === 'string' ? [{ subject: Number(subject) - 1, values: own }] : [];
  });
  if (groups.length > MAX_GROUPS)
    throw new TallyError(
      'payload_too_large',
      `more than ${MAX_GROUPS} groups: ask for fewer subjects or dimensions, or only for some of their values`,
    );
  const asOfMs = rows[0]?.[0] ?? undefined;
  return {
    ...(await inSteps(encodeRows(rows, isSketched(question)))),
    groups,
    ...(asOfMs === undefined ? {} : { asOfMs }),
  };
}

function valuesOf(question: Question, owns: (slot: number) => boolean): unknown[] {
  const { project, type, subjects, grouping } = question;
  const { groupBy, conditions } = grouping ?? { groupBy: [], conditions: [] };
  if (subjects.length > MAX_SUBJECTS) refuse(`expected at most ${MAX_SUBJECTS} subjects`);
  if (new Set(subjects).size < subjects.length) refuse('a subject comes twice');
  if (groupBy.length > MAX_DIMENSIONS || conditions.length > 2 * MAX_DIMENSIONS)
    refuse(`expected at most ${MAX_DIMENSIONS} dimensions and twice as many conditions`);
  for (const subject of subjects) {
    const slot = slotOf(seriesId(project, type, subject));
    if (!owns(slot)) refuse(`slot ${slot} is not of this shard`);
  }
  return [
    project,
    type,
    subjects,
    clampMinute(question.fromMinute),
    clampMinute(question.toMinute),
    widthOf(question),
    ...topicColumns(question),
    groupBy,
    conditions.map(({ dimension }) => dimension),
    conditions.map(({ excluded }) => excluded),
    conditions.flatMap(({ values }, index) => values.map(() => index + 1)),
    conditions.flatMap(({ values }) => values),
    MAX_GROUPS + 1,
    mostRows(question) + 1,
    ...sketchValues(question),
  ];
}
