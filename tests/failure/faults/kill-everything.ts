import type { Fault } from '../trial.js';

export const killEverything: Fault = {
  name: 'kill-everything',
  story:
    'All services and all servers are killed in one moment and started in any order: what was acknowledged is counted.',
  async inflict(trial) {
    const { on, random } = trial;
    const { stack } = on;
    // Some of what was acknowledged is counted by then, and some is not.
    await trial.moment(500, 3000);
    const names = random.shuffle(stack.names);
    const before = names.map((name) => stack.process(name).pid);
    await stack.crash(names);
    const alive = names.filter((name) => stack.process(name).running);
    if (alive.length > 0) throw new Error(`${alive.join(', ')} were not killed`);
    for (const name of names) {
      stack.revive(name);
      await trial.moment(0, 200);
    }
    await on.running(names);
    const same = names.filter((name, index) => stack.process(name).pid === before[index]);
    if (same.length > 0) throw new Error(`${same.join(', ')} were not killed`);
    return `killed all ${names.length} processes; started ${names.slice(0, 3).join(', ')} first`;
  },
};
