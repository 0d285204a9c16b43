import { describe, expect, it } from '@jest/globals';
import { lateViolations } from './late-events.js';
import { loggedEvent } from './logged-event.fixture.js';

const LATE = loggedEvent({ fate: 'tooLate', partition: 3, offset: 7, index: 1 });
const EVENTS = [loggedEvent({}), LATE, loggedEvent({ fate: 'duplicates', offset: 1 })];

describe('events that are too late', () => {
  it('are those that are listed', () => {
    expect([...lateViolations(EVENTS, [LATE])]).toEqual([]);
  });

  it.each([
    ['is not listed', [], 'event 3/7/1 is too late, and not among the dead ones'],
    ['is listed and counts', [LATE, loggedEvent({})], 'event 0/0/0 is listed as too late'],
    ['is listed twice', [LATE, LATE], '2 events are listed as too late, 1 of them once'],
  ])('are others where one %s', (_, listed, problem) => {
    const found = [...lateViolations(EVENTS, listed)];
    expect(found).toEqual([expect.stringContaining(problem)]);
  });
});
