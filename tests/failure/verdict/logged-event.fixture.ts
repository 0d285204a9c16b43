import type { LoggedEvent } from './recount.js';

/** A view that counts, but for what is said. */
export function loggedEvent(more: Partial<LoggedEvent>): LoggedEvent {
  return {
    id: 'e',
    type: 'view',
    subject: 'a',
    minuteMs: 0,
    cents: 0,
    attributes: {},
    partition: 0,
    offset: 0,
    index: 0,
    catalogPosition: 0,
    fate: 'counted',
    isAgain: false,
    ...more,
  };
}
