import { describe, expect, it } from '@jest/globals';
import { CONTROLS } from './controls.js';
import { scheduleOf } from './schedule.js';
import { simulate } from './simulate.js';
import { Simulation } from './simulation.js';

/** Seconds here, hours in tools/chaos --simulate. */
const SCHEDULES = 1000;
const CONTROL_SCHEDULES = 10_000;

describe('counting', () => {
  it(`is right under ${SCHEDULES} schedules of faults`, () => {
    const { finding } = simulate({ firstSeed: 1, goesOn: (schedules) => schedules < SCHEDULES });
    expect(finding?.story.join('\n')).toBeUndefined();
  }, 300_000);

  it.each(Object.entries(CONTROLS))(
    'is found to be wrong when %s (control)',
    (control, { firstSeed }) => {
      const { finding } = simulate({
        firstSeed,
        control,
        goesOn: (schedules) => schedules < CONTROL_SCHEDULES,
      });
      expect(finding).toBeDefined();
    },
    300_000,
  );

  it('is the same story for the same seed', () => {
    const [one, other] = [1, 1].map(() => new Simulation(scheduleOf(77)).play());
    expect(one?.story).toEqual(other?.story);
    expect(one?.figures).toEqual(other?.figures);
    expect(one?.figures.acknowledged).toBeGreaterThan(0);
  });
});

describe('schedules', () => {
  it('let everything happen that they know of, and events be sent, acknowledged, lost and let go', () => {
    const kinds = new Set<string>();
    const figures = { sent: 0, acknowledged: 0, inLog: 0, letGo: 0, recalled: 0 };
    for (let seed = 1; seed <= 200; seed++) {
      const schedule = scheduleOf(seed);
      for (const { kind } of schedule.faults) kinds.add(kind);
      const played = new Simulation(schedule).play().figures;
      figures.sent += played.sent;
      figures.acknowledged += played.acknowledged;
      figures.inLog += played.inLog;
      figures.letGo += played.letGo;
      figures.recalled += played.recalled;
    }
    expect([...kinds].sort((a, b) => a.localeCompare(b))).toEqual([
      'bad-weather',
      'counting-bug',
      'dead-events-refused',
      'event-types',
      'files-spoiled',
      'forged-record',
      'intake-clock',
      'intake-crash',
      'intake-pause',
      'letters-refused',
      'log-clock',
      'log-clock-step',
      'log-crash',
      'log-shortened',
      'processor-clock',
      'processor-crash',
      'processor-pause',
      'rebalance',
      'replayer-crash',
      'replayer-pause',
      'shard-away',
      'shard-map',
      'shard-narrow',
      'shard-odd',
      'shard-promoted',
      'shard-restored',
      'shard-saved',
      'version-comes',
    ]);
    expect(figures.acknowledged).toBeGreaterThan(figures.sent * 0.8);
    expect(figures.acknowledged).toBeLessThan(figures.sent);
    expect(figures.inLog).toBeGreaterThanOrEqual(figures.acknowledged);
    expect(figures.letGo).toBeGreaterThan(0);
    expect(figures.recalled).toBeGreaterThan(0);
  });
});
