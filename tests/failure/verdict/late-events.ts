import { administer } from '../rig/admin-api.js';
import { WATCHES } from '../traffic/traffic.js';
import type { LoggedEvent } from './recount.js';

/** Where a dead event lies. */
export type DeadPlace = Pick<LoggedEvent, 'partition' | 'offset' | 'index'>;

interface Page {
  readonly events: readonly DeadPlace[];
  readonly next?: string;
  readonly missingShards: readonly number[];
}

const LIMIT = 500;

/** What the public API lists as too late, and open; throws where a shard is missing. */
export async function askLateEvents(gateway: string): Promise<DeadPlace[]> {
  const found: DeadPlace[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const path: string = `/v1/admin/dead-events?cause=too_late&type=${WATCHES.type}&state=open&limit=${LIMIT}&after=${after}`;
    const { events, next, missingShards }: Page = await administer<Page>(gateway, path);
    if (missingShards.length > 0) throw new Error(`shard ${missingShards[0]} says no dead events`);
    found.push(...events);
    after = next;
  }
  return found;
}

/** Each event that is too late is kept as dead, and nothing else is. */
export function* lateViolations(
  events: readonly LoggedEvent[],
  listed: readonly DeadPlace[],
): Generator<string> {
  const due = new Set(events.filter(({ fate }) => fate === 'tooLate').map(textOf));
  const kept = new Set(listed.map(textOf));
  if (kept.size < listed.length)
    yield `${listed.length} events are listed as too late, ${kept.size} of them once`;
  for (const place of due)
    if (!kept.has(place)) yield `event ${place} is too late, and not among the dead ones`;
  for (const place of kept)
    if (!due.has(place)) yield `event ${place} is listed as too late, and is not`;
}

function textOf({ partition, offset, index }: DeadPlace): string {
  return `${partition}/${offset}/${index}`;
}
