import { isEventTypeName, TextCache } from '@tally/contracts';
import type { EventRules } from '../check-event.js';
import type { EventBody } from '../event-body.js';
import { LIST_END } from '../json-bytes.js';
import { MAX_AHEAD_MS } from '../limits.js';
import { UsualEvent, type Place } from './usual-event.js';
import { UsualWriter } from './usual-writer.js';

/** What a process needs once to take usual events of a project. */
export class UsualParts {
  readonly types = new TextCache();
  readonly writer: UsualWriter;

  constructor(
    project: string,
    readonly event = new UsualEvent(),
  ) {
    this.writer = new UsualWriter(project);
  }
}

/**
 * Takes events in their usual form out of the bytes of a batch into a body: what JSON.parse, `checkEvent`
 * and `EventBody.add` would come to, without an object or a text for each. Anything else it leaves.
 */
export class UsualTaker {
  /** Where what follows the last one that was taken is: a comma, a bracket, a line feed or the end. */
  end = 0;
  /** Whether it stopped before one that it does not take. */
  hasStopped = false;
  /** Of the names of types that were seen. */
  private readonly maxAgesMs = new Map<string, number | null>();

  constructor(
    private readonly parts: UsualParts,
    private readonly rules: Omit<EventRules, 'assignId'>,
    private readonly body: EventBody,
  ) {}

  /**
   * Takes one behind the other from `from` on, at most `most` and `mostBytes` of text, of which the last
   * may go on behind. @param json UTF-8. @returns How many.
   */
  take(json: Buffer, from: number, place: Place, most: number, mostBytes: number): number {
    const { parts, rules, body } = this;
    const { event, writer } = parts;
    let taken = 0;
    this.hasStopped = false;
    try {
      for (let at = from; taken < most && at - from < mostBytes; at = event.end + 1) {
        if (!event.read(json, at, place) || !this.isAllowed(json, event)) {
          this.hasStopped = true;
          break;
        }
        body.addUsual(json, event, event.hasTime ? event.timeMs : rules.nowMs, writer);
        this.end = event.end;
        taken += 1;
        if (json[event.end] === LIST_END) break;
      }
    } finally {
      // Nothing of this body may be left to the next one, whatever happens.
      body.finish(writer);
    }
    return taken;
  }

  /** Whether its type is a name, and its time in range. */
  private isAllowed(json: Buffer, { type, typeEnd, hasTime, timeMs }: UsualEvent): boolean {
    const { parts, rules, maxAgesMs } = this;
    const name = parts.types.ascii(json, type, typeEnd);
    if (name === undefined) return false;
    let maxAgeMs = maxAgesMs.get(name);
    if (maxAgeMs === undefined) {
      if (!isEventTypeName(name)) return false;
      maxAgeMs = rules.maxAgeMs(name);
      maxAgesMs.set(name, maxAgeMs);
    }
    if (!hasTime) return true;
    const isPast = maxAgeMs !== null && timeMs < rules.arrivedMs - maxAgeMs;
    return !isPast && timeMs <= rules.nowMs + MAX_AHEAD_MS;
  }
}
