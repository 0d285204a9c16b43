import { untilAnswered } from '@tally/client';
import type { FailureStack } from '../rig/failure-stack.js';
import { until } from '../rig/until.js';
import type { Bystanders } from '../traffic/bystanders.js';
import type { ClientRecord } from '../traffic/client-record.js';
import { PLAYS, subjectsOf, TRAFFIC, WATCHES, type Traffic } from '../traffic/traffic.js';
import { filterViolations, type Condition } from './filters.js';
import { askGroups, groupViolations } from './groups.js';
import { askLateEvents, lateViolations } from './late-events.js';
import { askLedger, ledgerViolations } from './ledger.js';
import type { LoggedEvent } from './recount.js';
import { askStats } from './stats.js';
import { violations } from './verdict.js';

const PARTITIONS = 16;

/** One that few events meet, and one that those meet that lack it. */
const CONDITIONS: readonly Condition[] = [
  { name: 'country', value: 'NL' },
  { name: 'owner', value: 'ann' },
  { name: 'owner', value: '' },
];

/** What is compared at the end of a trial. */
export interface Judged {
  readonly on: FailureStack;
  readonly seed: number;
  readonly record: ClientRecord;
  readonly bystanders: Bystanders;
  /** Of the log, those that the shards must have: all of them, unless accepted records were deleted. */
  readonly due: readonly LoggedEvent[];
  /** Whether what was named once may have another name now. */
  readonly losesNames: boolean;
  /** How long an answer may take to come. */
  readonly withinMs: number;
}

/** What is wrong at the end, by all that clients were told, the log has and the public API answers. */
export async function violationsOf(judged: Judged): Promise<string[]> {
  const { on, bystanders, due, withinMs } = judged;
  const { gateway } = on.addresses;
  const ledger = await until(
    'the ledger is that of all shards',
    () => askLedger(gateway, PARTITIONS),
    withinMs,
  );
  const late = await until('all dead events are listed', () => askLateEvents(gateway), withinMs);
  const problems: string[] = [];
  // Answers first: of many problems only some are shown.
  for (const traffic of TRAFFIC) problems.push(...(await ofType(judged, traffic)));
  return [
    ...problems,
    ...ledgerViolations(due, ledger),
    ...lateViolations(due, late),
    ...on.catalog.lost(bystanders.catalogWriter.acknowledged),
  ];
}

async function ofType(judged: Judged, traffic: Traffic): Promise<string[]> {
  const { on, record, due, seed, withinMs } = judged;
  const { gateway } = on.addresses;
  const { type } = traffic;
  const subjects = subjectsOf(traffic, seed);
  const ours = new Set(subjects);
  const isOurs = (event: LoggedEvent) => event.type === type && ours.has(event.subject);
  const ask = (granularity: 'total' | 'minute') =>
    untilAnswered(() => askStats(gateway, traffic, subjects, granularity), withinMs);
  const counted = due.filter((event) => event.fate === 'counted' && isOurs(event));
  const problems = violations({
    subjects,
    sent: new Map([...record.sent].filter(([, { event }]) => event.type === type)),
    logged: on.recount.events.filter(
      (event) => (event.fate === 'counted' || event.fate === 'tooLate') && isOurs(event),
    ),
    counted,
    total: await ask('total'),
    byMinute: await ask('minute'),
  });
  if (traffic.dimensions.length > 0)
    problems.push(...(await ofGroups(judged, traffic, subjects, counted)));
  return problems;
}

async function ofGroups(
  { on, bystanders, losesNames, withinMs }: Judged,
  traffic: Traffic,
  subjects: readonly string[],
  counted: readonly LoggedEvent[],
): Promise<string[]> {
  const { gateway } = on.addresses;
  const { catalog } = on;
  const ask = () => askGroups(gateway, traffic, subjects);
  const groups = await until('all groups are answered', ask, withinMs);
  const seen = traffic === PLAYS && !losesNames ? bystanders.groupReader.seen : new Map();
  const problems = [...groupViolations({ traffic, subjects, counted, catalog, groups, seen })];
  if (traffic !== WATCHES) return problems;
  for (const condition of CONDITIONS)
    problems.push(
      ...(await filterViolations(gateway, traffic, subjects, counted, catalog, condition)),
    );
  return problems;
}
