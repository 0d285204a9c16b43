import { until } from '../rig/until.js';
import kafkajs from 'kafkajs';
import type { Fault } from '../trial.js';
import { coveredEvents, HALTED, othersAreCounted } from './halted-partition.js';

export const deleteRecords: Fault = {
  name: 'delete-records',
  story:
    'Somebody deletes accepted records that no processor has read yet. The client would skip them in silence; the partition is halted with an alarm, and no answer claims to know more.',
  spoilsStack: true,
  async inflict(trial) {
    const { on, random } = trial;
    const { topic } = on.recount;
    const partition = random.between(0, 15);
    for (const name of on.processors) on.stack.process(name).signal('SIGSTOP');
    const admin = new kafkajs.Kafka({
      brokers: on.addresses.kafka.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    try {
      const high = async () => {
        const offsets = await admin.fetchTopicOffsets(topic);
        return Number(offsets.find((entry) => entry.partition === partition)?.high ?? 0);
      };
      const stoppedAt = await high();
      await until('records wait to be read', async () => (await high()) > stoppedAt + 20);
      // Our own recount needs what is about to go.
      await on.recount.catchUp();
      const offset = String(Math.min(await high(), on.recount.ends.get(partition) ?? 0) - 1);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
    } finally {
      await admin.disconnect();
      for (const name of on.processors) on.stack.process(name).signal('SIGCONT');
    }
    await until('the partition is halted', async () => (await on.processorMetric(HALTED)) === 1);
    return `records of partition ${partition} deleted; it is halted`;
  },
  quiet: othersAreCounted,
  expected: coveredEvents,
};
