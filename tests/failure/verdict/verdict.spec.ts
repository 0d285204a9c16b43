import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '../traffic/client-record.js';
import { estimatesOf } from './estimates.js';
import { loggedEvent } from './logged-event.fixture.js';
import type { LoggedEvent } from './recount.js';
import { violations, type Findings } from './verdict.js';

function sent(
  id: string,
  subject: string,
  cents: number,
  acknowledgedMs?: number,
): [string, RecordedEvent] {
  const event = { id, type: 'view', subject, timeMs: 0, cents, attributes: {} };
  return [id, { event, firstSentMs: 1, acknowledgedMs }];
}

const logged = (id: string, subject: string, cents: number, minuteMs = 0) =>
  loggedEvent({ id, subject, cents, minuteMs, attributes: { customer: `c${cents}` } });

const estimates = (...rows: [key: string, ...events: LoggedEvent[]][]) =>
  new Map(rows.map(([key, ...events]) => [key, estimatesOf(events)]));

const [ONE, TWO, THREE] = [
  logged('1', 'a', 100),
  logged('2', 'b', 250),
  logged('3', 'a', 50, 60_000),
] as const;
const LOGGED = [ONE, TWO, THREE];

/** Two acknowledged events and one in doubt that arrived: all is well. */
const SOUND: Findings = {
  subjects: ['a', 'b'],
  sent: new Map([sent('1', 'a', 100, 5), sent('2', 'b', 250, 5), sent('3', 'a', 50)]),
  logged: LOGGED,
  counted: LOGGED,
  total: {
    asOfMs: 10,
    minutes: new Map(),
    totals: new Map([
      ['a', { count: 2, cents: 150 }],
      ['b', { count: 1, cents: 250 }],
    ]),
    estimates: estimates(['a', ONE, THREE], ['b', TWO]),
  },
  byMinute: {
    asOfMs: 10,
    totals: new Map(),
    minutes: new Map([
      ['a@0', { count: 1, cents: 100 }],
      ['a@60000', { count: 1, cents: 50 }],
      ['b@0', { count: 1, cents: 250 }],
    ]),
    estimates: estimates(['a@0', ONE], ['a@60000', THREE], ['b@0', TWO]),
  },
};

const totals = (...rows: [string, number, number][]) => ({
  ...SOUND.total,
  totals: new Map(rows.map(([subject, count, cents]) => [subject, { count, cents }])),
});

describe('the verdict', () => {
  it('is empty when clients, log and answers agree', () => {
    expect(violations(SOUND)).toEqual([]);
  });

  it.each<[string, Partial<Findings>, string]>([
    [
      'an acknowledged event that the log lost',
      { sent: new Map([...SOUND.sent, sent('4', 'b', 1, 5)]) },
      'event 4 was acknowledged and is not in the log',
    ],
    [
      'an event that counts twice in the log',
      { logged: [...SOUND.logged, logged('1', 'a', 100)] },
      'event 1 counts twice in the log',
    ],
    [
      'an event that nobody sent',
      { logged: [...SOUND.logged, logged('9', 'a', 100)] },
      'event 9 of the log is not one that was sent',
    ],
    [
      'an event of another value than was sent',
      { logged: [...SOUND.logged.slice(1), logged('1', 'a', 101)] },
      'event 1 of the log is not one that was sent',
    ],
    [
      'a count too many',
      { total: totals(['a', 3, 150], ['b', 1, 250]) },
      'a in all: the log has 2 events of 1.5, the answer 3 of 1.5',
    ],
    [
      'a count below what was acknowledged',
      { total: totals(['a', 0, 0], ['b', 1, 250]) },
      'a: 1 acknowledged, 2 sent, but 0 counted',
    ],
    [
      'a wrong sum',
      { total: totals(['a', 2, 149], ['b', 1, 250]) },
      'a in all: the log has 2 events of 1.5, the answer 2 of 1.49',
    ],
    [
      'a subject without an answer',
      { total: totals(['a', 2, 150]) },
      'b in all: the log has 1 events of 2.5, the answer nothing',
    ],
    [
      'an event that is twice in a sketch',
      { total: { ...SOUND.total, estimates: estimates(['a', ONE, ONE, THREE], ['b', TWO]) } },
      'a in all: sketches of the log say 2 different customers and a median of 0.5040280978498389, the answer 2 different customers and a median of 0.9949130112496074',
    ],
    [
      'an event that is in no sketch',
      {
        byMinute: {
          ...SOUND.byMinute,
          estimates: new Map([
            ...SOUND.byMinute.estimates,
            ['a@60000', { unique: null, median: null }],
          ]),
        },
      },
      'a@60000 in a minute: sketches of the log say 1 different customers and a median of 0.5, the answer null different customers and a median of null',
    ],
    [
      'an event in the wrong minute',
      {
        byMinute: {
          ...SOUND.byMinute,
          minutes: new Map([
            ['a@0', { count: 2, cents: 150 }],
            ['b@0', { count: 1, cents: 250 }],
          ]),
        },
      },
      'a@60000 in a minute: the log has 1 events of 0.5, the answer nothing',
    ],
  ])('names %s', (_, change, violation) => {
    expect(violations({ ...SOUND, ...change })).toContain(violation);
  });
});
