import { readStats, type StatsQuestion } from '@tally/client';
import { OTHER_VALUE } from '@tally/contracts';
import type { DimensionValue } from '@tally/placement';
import type { Traffic } from '../traffic/traffic.js';
import type { CatalogLog } from './catalog-log.js';
import { estimateDifferences, type Estimates } from './estimates.js';
import { sumBy, type LoggedEvent } from './recount.js';
import { estimatesIn, figuresOf, questionOf, type Figures } from './stats.js';
import { differences } from './verdict.js';

/** Of two processors and a replayer that look for room at once each may give away the same. */
const AT_ONCE = 3;

/** Values of dimensions, in the order of their names; null: an event lacks it. */
export type Values = readonly (DimensionValue | null | undefined)[];

/** What the public API says of groups, by subject and values (`keyOf`). */
export interface Groups {
  readonly figures: ReadonlyMap<string, Figures>;
  readonly estimates: ReadonlyMap<string, Estimates>;
}

/** How a group is called in what is found. */
export function keyOf(subject: string, values: Values): string {
  return `${subject} ${JSON.stringify(values)}`;
}

/** Asks the public API by all dimensions of the type, or as is said; throws when it has no figures. */
export async function askGroups(
  gateway: string,
  traffic: Traffic,
  subjects: readonly string[],
  more: Pick<StatsQuestion, 'groupBy' | 'filters' | 'excludes'> = {},
): Promise<Groups> {
  const { groupBy = traffic.dimensions } = more;
  const question = { ...questionOf(traffic, subjects), ...more, groupBy };
  const { series, meta } = await readStats({ gateway, apiKey: '' }, question);
  if (meta.asOf === null || series.some(({ missing }) => missing))
    throw new Error('groups of some subjects are missing');
  const figures = new Map<string, Figures>();
  const estimates = new Map<string, Estimates>();
  for (const { subject, group = {}, points } of series) {
    const key = keyOf(
      subject,
      groupBy.map((name) => group[name]),
    );
    const [point] = points;
    if (point === undefined || Number(point.count) === 0) continue;
    figures.set(key, figuresOf(point));
    estimates.set(key, estimatesIn(point));
  }
  return { figures, estimates };
}

/** What must be in the groups of one type. */
export interface GroupFindings {
  readonly traffic: Traffic;
  readonly subjects: readonly string[];
  readonly counted: readonly LoggedEvent[];
  readonly catalog: Pick<CatalogLog, 'ownerOf'>;
  /** By all dimensions. */
  readonly groups: Groups;
  /** Seen while the trial went on, with how many events. */
  readonly seen: ReadonlyMap<string, number>;
}

/** The values of the dimensions of an event, by the rule alone. */
export function valuesOf(
  { dimensions, enriched }: Traffic,
  { subject, attributes, catalogPosition }: LoggedEvent,
  catalog: Pick<CatalogLog, 'ownerOf'>,
): Values {
  return dimensions.map(
    (name) =>
      (enriched.includes(name) ? catalog.ownerOf(subject, catalogPosition) : attributes[name]) ??
      null,
  );
}

/** What is wrong with the groups, in sentences. */
export function* groupViolations(findings: GroupFindings): Generator<string> {
  const { traffic, counted, catalog, groups, seen } = findings;
  const ownKey = (event: LoggedEvent) => keyOf(event.subject, valuesOf(traffic, event, catalog));
  for (const [key, count] of seen)
    if ((groups.figures.get(key)?.count ?? 0) < count)
      yield `${key}: ${count} events were seen under this name, and are no more`;
  const { cardinalityLimit } = traffic;
  if (cardinalityLimit === undefined) {
    yield* equalGroups(counted, ownKey, groups);
    return;
  }
  yield* namesAreFew(findings, cardinalityLimit);
  const others = new Map(
    findings.subjects.map((subject) => [subject, keyOf(subject, othersOf(traffic))]),
  );
  const expected = sumBy(counted, ownKey);
  // Where one was refused what another had named a little later, some of its events are among the others.
  const parts = [...groups.figures].filter(
    ([key, { count }]) => expected.has(key) && count < (expected.get(key)?.count ?? 0),
  );
  if (parts.length > 0) {
    yield* wholeIsKept(findings, expected);
    return;
  }
  const keyIn = (event: LoggedEvent) => {
    const own = ownKey(event);
    return groups.figures.has(own) ? own : (others.get(event.subject) ?? own);
  };
  yield* equalGroups(counted, keyIn, groups);
}

function othersOf({ dimensions }: Traffic): Values {
  return dimensions.map(() => OTHER_VALUE);
}

function* equalGroups(
  counted: readonly LoggedEvent[],
  keyIn: (event: LoggedEvent) => string,
  { figures, estimates }: Groups,
): Generator<string> {
  const sums = sumBy(counted, keyIn);
  yield* differences('in groups', new Set([...sums.keys(), ...figures.keys()]), sums, figures);
  yield* estimateDifferences('in groups', counted, keyIn, estimates);
}

function* namesAreFew(
  { subjects, groups, traffic }: GroupFindings,
  limit: number,
): Generator<string> {
  for (const subject of subjects) {
    const other = keyOf(subject, othersOf(traffic));
    const named = [...groups.figures.keys()].filter(
      (key) => key.startsWith(`${subject} `) && key !== other,
    );
    if (named.length > limit * AT_ONCE)
      yield `${subject} has ${named.length} groups, with a cardinality limit of ${limit}`;
  }
}

/** What is named and what is not make the whole, and nothing is named that is not there. */
function* wholeIsKept(
  { counted, groups }: GroupFindings,
  expected: ReadonlyMap<string, Figures>,
): Generator<string> {
  const whole = sumBy(counted, ({ subject }) => subject);
  const sums = new Map<string, Figures>();
  for (const [key, { count, cents }] of groups.figures) {
    const [subject = ''] = key.split(' ');
    const sum = sums.get(subject) ?? { count: 0, cents: 0 };
    sums.set(subject, { count: sum.count + count, cents: sum.cents + cents });
    const own = expected.get(key);
    if (own !== undefined && (count > own.count || cents > own.cents))
      yield `${key}: the log has ${own.count} events of ${own.cents / 100}, the answer ${count} of ${cents / 100}`;
  }
  yield* differences('in all groups', whole.keys(), whole, sums);
}
