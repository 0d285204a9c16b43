import type { Random } from './random.js';
import { subjectsOf, TRAFFIC, UNIQUE, VIEWS, type Attributes, type Traffic } from './traffic.js';

/** One event as a client knows it. */
export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  /** ms since 1970. */
  readonly timeMs: number;
  /** Its value in hundredths: whole numbers, so that sums are exact here too. */
  readonly cents: number;
  readonly attributes: Attributes;
}

const MAX_BATCH = 20;
/** Old events that may be sent again. */
const REMEMBERED = 200;
/** Of the dedup window: how old they may be, since the batch they go in may be sent for half of it. */
const MAX_AGE = 0.1;

/** Whose events, and from what they are made. */
export interface EventSourceOptions {
  /** Begins the ids; no other source has it. */
  readonly name: string;
  readonly seed: number;
  readonly random: Random;
  /** No event is later. */
  readonly endMs: number;
  readonly dedupWindowMs: number;
}

/**
 * What one client sends: batches of new events, now and then with duplicates of an event in the
 * same batch and of events in earlier batches.
 */
export class EventSource {
  private readonly subjects: ReadonlyMap<Traffic, readonly string[]>;
  private readonly earlier: { readonly event: SentEvent; readonly madeAt: number }[] = [];
  private made = 0;

  constructor(private readonly options: EventSourceOptions) {
    this.subjects = new Map(TRAFFIC.map((traffic) => [traffic, subjectsOf(traffic, options.seed)]));
  }

  nextBatch(): SentEvent[] {
    const { random, dedupWindowMs } = this.options;
    const now = performance.now();
    const fresh = Array.from({ length: random.between(1, MAX_BATCH) }, () => this.nextEvent());
    const batch = [...fresh];
    if (random.chance(20)) batch.push(random.pick(fresh));
    const young = this.earlier.filter(({ madeAt }) => now - madeAt < dedupWindowMs * MAX_AGE);
    if (random.chance(20) && young.length > 0) batch.push(random.pick(young).event);
    this.earlier.push(...fresh.map((event) => ({ event, madeAt: now })));
    this.earlier.splice(0, this.earlier.length - REMEMBERED);
    return random.shuffle(batch);
  }

  private nextEvent(): SentEvent {
    const { name, random, endMs } = this.options;
    const traffic = this.nextTraffic();
    const cents = random.between(0, 100_000);
    return {
      id: `${name}-${this.made++}`,
      type: traffic.type,
      subject: random.pick(this.subjects.get(traffic) ?? []),
      timeMs: endMs - random.between(0, traffic.spreadMs),
      cents,
      attributes: {
        ...traffic.attributes(random),
        // Some customers of many, and events of none.
        [UNIQUE]: cents % 5 === 0 ? undefined : cents % 97,
      },
    };
  }

  private nextTraffic(): Traffic {
    let left = this.options.random.between(1, 100);
    return TRAFFIC.find(({ percent }) => (left -= percent) <= 0) ?? VIEWS;
  }
}
