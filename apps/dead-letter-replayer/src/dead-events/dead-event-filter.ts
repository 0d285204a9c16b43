import { DEAD_CAUSES, TallyError, type DeadEvent, type deadLetterReplayer } from '@tally/contracts';
import { DEAD_EVENT_STATES } from '@tally/counting';
import type { KeptRecord } from './dead-event-topic.js';

type Asked = deadLetterReplayer.DeadEventFilter;

/** Which dead events are asked for. */
export class DeadEventFilter {
  private readonly causes: ReadonlySet<string>;
  private readonly states: ReadonlySet<string>;

  /** TallyError `invalid_argument`. */
  constructor(private readonly asked: Asked = { causes: [], states: [] }) {
    this.causes = among('cause', asked.causes, DEAD_CAUSES);
    this.states = among('state', asked.states, [...DEAD_EVENT_STATES, 'unknown']);
  }

  /** The partitions that may have some; undefined: all. */
  get partitions(): ReadonlySet<number> | undefined {
    const { partition } = this.asked;
    return partition === undefined ? undefined : new Set([partition]);
  }

  hasRecord({ dead: { appendMs } }: KeptRecord): boolean {
    const { fromMs, toMs } = this.asked;
    return appendMs >= Number(fromMs ?? 0) && (toMs === undefined || appendMs < Number(toMs));
  }

  hasCause({ cause }: DeadEvent): boolean {
    return this.causes.size === 0 || this.causes.has(cause);
  }

  /** What the shards and its bytes say of it. */
  has({ type, state, shards }: Pick<deadLetterReplayer.DeadEvent, 'type' | 'state' | 'shards'>) {
    const { asked, states } = this;
    return (
      (asked.type === undefined || type === asked.type) &&
      (states.size === 0 || states.has(state)) &&
      (asked.shard === undefined || shards.includes(asked.shard))
    );
  }
}

function among(
  what: string,
  given: readonly string[],
  known: readonly string[],
): ReadonlySet<string> {
  const unknown = given.find((one) => !known.includes(one));
  if (unknown !== undefined)
    throw new TallyError('invalid_argument', `expected a ${what} among ${known.join(', ')}`);
  return new Set(given);
}
