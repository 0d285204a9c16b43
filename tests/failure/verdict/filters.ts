import type { StatsQuestion } from '@tally/client';
import type { Traffic } from '../traffic/traffic.js';
import type { CatalogLog } from './catalog-log.js';
import { askGroups, keyOf, valuesOf } from './groups.js';
import { sumBy, type LoggedEvent } from './recount.js';
import { differences } from './verdict.js';

/** Of one dimension: a value, as a question has it; an empty one is that of events that lack it. */
export interface Condition {
  readonly name: string;
  readonly value: string;
}

/** Where answers to filtered questions are not what the log says; values are compared as text. */
export async function filterViolations(
  gateway: string,
  traffic: Traffic,
  subjects: readonly string[],
  counted: readonly LoggedEvent[],
  catalog: CatalogLog,
  { name, value }: Condition,
): Promise<string[]> {
  const text = `${name}:${value}`;
  const isMet = (event: LoggedEvent) => {
    const own = valuesOf(traffic, event, catalog)[traffic.dimensions.indexOf(name)];
    return String(own ?? '') === value;
  };
  const compare = async (
    what: string,
    more: Pick<StatsQuestion, 'filters' | 'excludes'>,
    isAsked: (event: LoggedEvent) => boolean,
  ) => {
    const { figures } = await askGroups(gateway, traffic, subjects, { ...more, groupBy: [] });
    const sums = sumBy(counted.filter(isAsked), ({ subject }) => keyOf(subject, []));
    return [...differences(what, new Set([...sums.keys(), ...figures.keys()]), sums, figures)];
  };
  return [
    ...(await compare(`with ${text}`, { filters: [text] }, isMet)),
    ...(await compare(`without ${text}`, { excludes: [text] }, (event) => !isMet(event))),
  ];
}
