import type { RecordedEvent } from '../traffic/client-record.js';
import { estimateDifferences } from './estimates.js';
import { sumBy, type LoggedEvent } from './recount.js';
import type { Answer, Figures } from './stats.js';

/** All that is known at the end of the events of one type, when everything is quiet. */
export interface Findings {
  readonly subjects: readonly string[];
  /** By event id. */
  readonly sent: ReadonlyMap<string, RecordedEvent>;
  /** Events that the log has, without duplicates, also those that are too late to be counted. */
  readonly logged: readonly LoggedEvent[];
  /** Those that must be in the counters: all that are not too late, unless accepted records were deleted. */
  readonly counted: readonly LoggedEvent[];
  readonly total: Answer;
  readonly byMinute: Answer;
}

/**
 * What is wrong, in sentences; empty when nothing is. Three witnesses must agree: what clients were
 * told, what the log holds, and what the public API answers.
 */
export function violations(findings: Findings): string[] {
  return [
    ...acknowledgedAreLogged(findings),
    ...answersEqualLog(findings),
    ...estimatesEqualLog(findings),
    ...countsLieBetween(findings),
  ];
}

/** Nothing acknowledged is lost, and nothing is in the log that nobody sent, or twice. */
function* acknowledgedAreLogged({ sent, logged }: Findings): Generator<string> {
  const ids = new Set<string>();
  for (const { id, subject, cents, isAgain } of logged) {
    if (ids.has(id) && !isAgain) yield `event ${id} counts twice in the log`;
    ids.add(id);
    const event = sent.get(id)?.event;
    if (event?.subject !== subject || event.cents !== cents)
      yield `event ${id} of the log is not one that was sent`;
  }
  for (const { event, acknowledgedMs } of sent.values())
    if (acknowledgedMs !== undefined && !ids.has(event.id))
      yield `event ${event.id} was acknowledged and is not in the log`;
}

function* answersEqualLog({ subjects, counted, total, byMinute }: Findings): Generator<string> {
  const totals = sumBy(counted, ({ subject }) => subject);
  yield* differences('in all', subjects, totals, total.totals);
  const minutes = sumBy(counted, ({ subject, minuteMs }) => `${subject}@${minuteMs}`);
  const keys = new Set([...minutes.keys(), ...byMinute.minutes.keys()]);
  yield* differences('in a minute', keys, minutes, byMinute.minutes);
}

/** The same of what is estimated: the very same number, not one that is near. */
function* estimatesEqualLog({ counted, total, byMinute }: Findings): Generator<string> {
  const subjectOf = ({ subject }: LoggedEvent) => subject;
  yield* estimateDifferences('in all', counted, subjectOf, total.estimates);
  const minuteOf = ({ subject, minuteMs }: LoggedEvent) => `${subject}@${minuteMs}`;
  yield* estimateDifferences('in a minute', counted, minuteOf, byMinute.estimates);
}

/** Where figures are others than those of the log, in sentences. */
export function* differences(
  what: string,
  keys: Iterable<string>,
  expected: ReadonlyMap<string, Figures>,
  answered: ReadonlyMap<string, Figures>,
): Generator<string> {
  for (const key of keys) {
    const { count, cents } = expected.get(key) ?? { count: 0, cents: 0 };
    const answer = answered.get(key);
    if (answer?.count !== count || answer.cents !== cents)
      yield (
        `${key} ${what}: the log has ${count} events of ${cents / 100}, the answer ` +
        (answer === undefined ? 'nothing' : `${answer.count} of ${answer.cents / 100}`)
      );
  }
}

/** The promise to clients, without a look at the log. */
function* countsLieBetween(findings: Findings): Generator<string> {
  const { subjects, sent, total, logged, counted } = findings;
  if (counted.length < logged.filter(({ fate }) => fate === 'counted').length) return;
  const bounds = new Map(subjects.map((subject) => [subject, { min: 0, max: 0 }]));
  for (const { event, acknowledgedMs } of sent.values()) {
    const bound = bounds.get(event.subject);
    if (bound === undefined) continue;
    bound.max += 1;
    if (acknowledgedMs !== undefined) bound.min += 1;
  }
  for (const [subject, { min, max }] of bounds) {
    const count = total.totals.get(subject)?.count ?? 0;
    if (count < min || count > max)
      yield `${subject}: ${min} acknowledged, ${max} sent, but ${count} counted`;
  }
}
