import { askStats, type Answer } from '../verdict/stats.js';
import type { ClientRecord } from './client-record.js';
import { Repeatedly } from './repeatedly.js';
import { VIEWS } from './traffic.js';

const PAUSE_MS = 200;

/**
 * Somebody who looks at the counts all the time, also while things are broken: an answer may be old,
 * and it may fail to come, but it must not be wrong about itself.
 */
export class Reader {
  readonly problems: string[] = [];
  private readonly reading: Repeatedly;
  private answered = 0;

  /** @param subjects Of views. */
  constructor(gateway: string, subjects: readonly string[], record: ClientRecord) {
    // No answer: clients are promised a true one, not one at every moment.
    this.reading = new Repeatedly(PAUSE_MS, async () => {
      const answer = await askStats(gateway, VIEWS, subjects, 'total');
      this.answered += 1;
      this.problems.push(...untruths(answer, record));
    });
  }

  /** Answers that were looked at. */
  get answers(): number {
    return this.answered;
  }

  stop(): Promise<void> {
    return this.reading.stop();
  }
}

/**
 * What an answer says wrongly: it must have everything that was acknowledged before its `asOf`, and
 * nothing that was not sent yet when it came.
 */
export function untruths(
  { asOfMs, totals }: Answer,
  { sent }: Pick<ClientRecord, 'sent'>,
): string[] {
  const min = new Map<string, number>();
  const max = new Map<string, number>();
  const increment = (counts: Map<string, number>, subject: string) =>
    counts.set(subject, (counts.get(subject) ?? 0) + 1);
  for (const { event, acknowledgedMs } of sent.values()) {
    increment(max, event.subject);
    if (acknowledgedMs !== undefined && asOfMs !== undefined && acknowledgedMs < asOfMs)
      increment(min, event.subject);
  }
  const asOf = asOfMs === undefined ? 'an unknown instant' : new Date(asOfMs).toISOString();
  return [...totals].flatMap(([subject, { count }]) => {
    const atLeast = min.get(subject) ?? 0;
    const atMost = max.get(subject) ?? 0;
    return count >= atLeast && count <= atMost
      ? []
      : [
          `${subject}: ${count} as of ${asOf}, when ${atLeast} were acknowledged before it and ${atMost} sent until now`,
        ];
  });
}
