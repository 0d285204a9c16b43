import { randomBytes } from 'node:crypto';
import {
  CURRENT_SCHEMA_ID,
  encodeBlockHeader,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  MAX_BLOCK_EVENTS,
  writeEntryHeader,
  type BlockHeader,
  type Event,
} from '@tally/contracts';
import kafkajs from 'kafkajs';
import { until } from '../rig/until.js';
import { VIEWS } from '../traffic/traffic.js';
import type { Fault } from '../trial.js';
import { HALTED } from './halted-partition.js';

/** A map of 2^40 entries, as Avro writes the number. */
const ENDLESS = Buffer.from('808080808040', 'hex');
const NO_ATTRIBUTES = Buffer.of(0);
const FAR_VERSION = 4_000_000_000;

export const forgedBlocks: Fault = {
  name: 'forged-blocks',
  story:
    'Somebody writes into the topic of events what no gateway would: maps of 2^40 entries, names of 40 000 bytes, blocks that are cut, noise, and a version of the event types that nobody made. All of it is dead and kept beside the log, no process ends or hangs, no partition is halted, and all else is counted.',
  spoilsStack: true,
  env: { TALLY_VERSION_WAIT_MS: '1000' },
  async inflict(trial) {
    const { on, random } = trial;
    const { topic } = on.recount;
    const far = random.between(0, 15);
    const before = on.processors.map((name) => on.stack.process(name).pid);
    const producer = new kafkajs.Kafka({
      brokers: on.addresses.kafka.split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    }).producer({ allowAutoTopicCreation: false });
    await producer.connect();
    try {
      for (let partition = 0; partition < 16; partition++) {
        const values = forged();
        if (partition === far) values.push(blockOf(entryOf({}), { registryVersion: FAR_VERSION }));
        for (const value of values) {
          const [written] = await producer.send({
            topic,
            acks: -1,
            messages: [{ partition, value }],
          });
          on.recount.foreign.add(`${partition}/${written?.baseOffset}`);
        }
      }
    } finally {
      await producer.disconnect();
    }
    const unknown = () =>
      on.processorMetric('tally_processor_dead_events_total', 'cause="unknown_registry_version"');
    await until('the version is given up', async () => (await unknown()) >= 1);
    await trial.acknowledged(30);
    if ((await on.processorMetric(HALTED)) > 0) throw new Error('a partition is halted');
    const after = on.processors.map((name) => on.stack.process(name).pid);
    if (after.join() !== before.join()) throw new Error('a processor ended');
    const dead = await on.processorMetric('tally_processor_events_total', 'fate="dead"');
    return `${on.recount.foreign.size} forged blocks, ${dead} dead events; partition ${far} goes on`;
  },
};

/** Of each kind one. */
function forged(): Buffer[] {
  return [
    blockOf(entryOf({}, ENDLESS)),
    blockOf(entryOf({ subject: 'x'.repeat(40_000) })),
    blockOf(entryOf({ type: 'x'.repeat(40_000), id: 'y'.repeat(10_000) })),
    blockOf(entryOf({ subject: '\0' })),
    blockOf(entryOf({}), { schemaId: FAR_VERSION }),
    blockOf(entryOf({}), { count: MAX_BLOCK_EVENTS }),
    blockOf(entryOf({})).subarray(0, -1),
    Buffer.concat([blockOf(Buffer.alloc(0)), randomBytes(2000)]),
    randomBytes(2000),
    Buffer.alloc(0),
  ];
}

function blockOf(body: Buffer, more: Partial<BlockHeader> = {}): Buffer {
  const header = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 0, count: 1, ...more };
  return Buffer.concat([encodeBlockHeader(header), body]);
}

/** With the fingerprint of no other event. */
function entryOf(more: Partial<Event>, attributes = NO_ATTRIBUTES): Buffer {
  const event: Event = {
    project: 'default',
    id: 'forged',
    type: VIEWS.type,
    subject: 'forged',
    time: 0,
    value: null,
    attributes: {},
    timeAssigned: false,
    ...more,
  };
  const entry = Buffer.alloc(60_000);
  // Behind the attributes the event says whether its time was assigned.
  const at = encodeEvent(event, entry, ENTRY_HEADER_BYTES) - NO_ATTRIBUTES.length - 1;
  const end = entry.writeUInt8(0, at + attributes.copy(entry, at));
  writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, randomBytes(16));
  return entry.subarray(0, end);
}
