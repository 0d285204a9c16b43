import { describe, expect, it } from '@jest/globals';
import { OTHER_VALUE } from '@tally/contracts';
import { PLAYS, WATCHES, type Traffic } from '../traffic/traffic.js';
import { estimatesOf } from './estimates.js';
import { groupViolations, keyOf, type GroupFindings, type Groups, type Values } from './groups.js';
import { loggedEvent } from './logged-event.fixture.js';
import type { LoggedEvent } from './recount.js';

type Row = readonly [values: Values, events: readonly LoggedEvent[]];

/** An answer that has these groups of the subject a. */
function groupsOf(...rows: readonly Row[]): Groups {
  const cents = (events: readonly LoggedEvent[]) =>
    events.reduce((sum, event) => sum + event.cents, 0);
  return {
    figures: new Map(
      rows.map(([values, events]) => [
        keyOf('a', values),
        { count: events.length, cents: cents(events) },
      ]),
    ),
    estimates: new Map(rows.map(([values, events]) => [keyOf('a', values), estimatesOf(events)])),
  };
}

const OWNERS: GroupFindings['catalog'] = {
  ownerOf: (_, position) => (position > 4 ? 'ann' : undefined),
};
const found = (
  traffic: Traffic,
  counted: readonly LoggedEvent[],
  groups: Groups,
  seen = new Map<string, number>(),
) => [...groupViolations({ traffic, subjects: ['a'], counted, catalog: OWNERS, groups, seen })];

describe('groups by what the catalogue says', () => {
  const early = loggedEvent({ cents: 10, catalogPosition: 4, attributes: { owner: 'me' } });
  const late = loggedEvent({ cents: 20, catalogPosition: 5, attributes: { country: 'NL' } });

  it('are those of the position that the block names', () => {
    const groups = groupsOf([[null, null], [early]], [['NL', 'ann'], [late]]);
    expect(found(WATCHES, [early, late], groups)).toEqual([]);
  });

  it('are others by what it says when they are counted', () => {
    const groups = groupsOf([[null, 'ann'], [early]], [['NL', 'ann'], [late]]);
    expect(found(WATCHES, [early, late], groups)).toContain(
      'a [null,null] in groups: the log has 1 events of 0.1, the answer nothing',
    );
  });
});

describe('groups of which there are too many', () => {
  const [tv, radio, phone] = ['tv', 'radio', 'phone'].map((device, index) =>
    loggedEvent({ cents: 10 << index, attributes: { device } }),
  ) as [LoggedEvent, LoggedEvent, LoggedEvent];
  const counted = [tv, radio, phone, phone];
  const others = PLAYS.dimensions.map(() => OTHER_VALUE);
  const TV: Row = [[null, 'tv'], [tv]];

  it('are named, or among the others, with all that they have', () => {
    expect(found(PLAYS, counted, groupsOf(TV, [others, [radio, phone, phone]]))).toEqual([]);
  });

  it('may be named by one and not by another, and make the whole', () => {
    const groups = groupsOf(TV, [[null, 'phone'], [phone]], [others, [radio, phone]]);
    expect(found(PLAYS, counted, groups)).toEqual([]);
  });

  it.each<[string, Groups, string]>([
    ['lack an event', groupsOf(TV, [others, [radio, phone]]), 'the log has 3 events'],
    [
      'have one twice',
      groupsOf(TV, [[null, 'phone'], [phone]], [others, [radio, phone, phone]]),
      'a in all groups: the log has 4 events',
    ],
    [
      'are in another one',
      groupsOf(
        [
          [null, 'tv'],
          [tv, radio],
        ],
        [others, [phone, phone]],
      ),
      'a [null,"tv"] in groups: the log has 1 events',
    ],
  ])('are found where they %s', (_, groups, problem) => {
    expect(found(PLAYS, counted, groups)).toContainEqual(expect.stringContaining(problem));
  });

  it('keep their names', () => {
    const groups = groupsOf(TV, [others, [radio, phone, phone]]);
    const seen = new Map([[keyOf('a', [null, 'radio']), 1]]);
    expect(found(PLAYS, counted, groups, seen)).toEqual([
      'a [null,"radio"]: 1 events were seen under this name, and are no more',
    ]);
  });

  it('are not so many as if there were no limit', () => {
    const many = Array.from({ length: 20 }, (_, index) =>
      loggedEvent({ cents: index, attributes: { device: index } }),
    );
    const groups = groupsOf(...many.map((event, index): Row => [[null, index], [event]]));
    expect(found(PLAYS, many, groups)).toContain('a has 20 groups, with a cardinality limit of 6');
  });
});
