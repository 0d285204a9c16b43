import type { Fault } from '../trial.js';

/** Every part that an event or a question passes. */
const PATH = [
  'gateway',
  'partitioner',
  'partition-log',
  'processor',
  'processor-1',
  'cluster-proxy',
  'shard-proxy',
  'shard-proxy-1',
  'query',
];

export const killServices: Fault = {
  name: 'kill-services',
  story: 'Each service is killed once, in any order and at any moment; each comes back by itself.',
  async inflict(trial) {
    const { on, random } = trial;
    const killed: string[] = [];
    for (const name of random.shuffle(PATH)) {
      await trial.moment(0, 600);
      const before = on.stack.process(name).pid;
      await on.restart([name]);
      if (on.stack.process(name).pid === before) throw new Error(`${name} was not killed`);
      killed.push(name);
      // Sometimes the next dies while this one is not back yet.
      if (random.chance(25)) await on.allReady();
    }
    return `killed ${killed.join(', ')}`;
  },
};
