import { HOUR_MS } from '@tally/contracts';
import type { Random } from './random.js';

/** One event as a client knows it. */
export interface SentEvent {
  readonly id: string;
  readonly subject: string;
  /** ms since 1970. */
  readonly timeMs: number;
  /** Its value in hundredths: whole numbers, so that sums are exact here too. */
  readonly cents: number;
}

const SUBJECTS = 40;
const MAX_BATCH = 20;
/** Times of events are spread over this: many windows, some of them in the past. */
const SPREAD_MS = 3 * HOUR_MS;
/** Old events that may be sent again: all far younger than the dedup window. */
const REMEMBERED = 200;

/** The subjects of a seed; no other seed has them. */
export function subjectsOf(seed: number): string[] {
  return Array.from({ length: SUBJECTS }, (_, number) => `subject-${seed}-${number}`);
}

/**
 * What one client sends: batches of new events, now and then with duplicates of an event in the
 * same batch and of events in earlier batches.
 */
export class EventSource {
  private readonly subjects: readonly string[];
  private readonly earlier: SentEvent[] = [];
  private made = 0;

  constructor(
    private readonly name: string,
    seed: number,
    private readonly random: Random,
    private readonly endMs: number,
  ) {
    this.subjects = subjectsOf(seed);
  }

  nextBatch(): SentEvent[] {
    const { random } = this;
    const fresh = Array.from({ length: random.between(1, MAX_BATCH) }, () => this.nextEvent());
    const batch = [...fresh];
    if (random.chance(20)) batch.push(random.pick(fresh));
    if (random.chance(20) && this.earlier.length > 0) batch.push(random.pick(this.earlier));
    this.earlier.push(...fresh);
    this.earlier.splice(0, this.earlier.length - REMEMBERED);
    return random.shuffle(batch);
  }

  private nextEvent(): SentEvent {
    const { random } = this;
    return {
      id: `${this.name}-${this.made++}`,
      subject: random.pick(this.subjects),
      timeMs: this.endMs - random.between(0, SPREAD_MS),
      cents: random.between(0, 100_000),
    };
  }
}
