import { CURRENT_SCHEMA_ID, encodeBlockHeader, type Event, type LogRecord } from '@tally/contracts';
import { entryOf } from '../../events/entry-of.js';

export const BLOCK_EVENTS = 1000;
const SUBJECTS = 5000;
/** 2026-01-01. */
const BEGIN_MS = 1_767_225_600_000;
const COUNTRIES = ['PT', 'NL', 'DE', 'FR', 'IT'];
const DEVICES = ['phone', 'desktop', 'tv'];

/** Records of the log with events of 5000 subjects within one minute, all with attributes and a value. */
export function blocksOf(events: number): LogRecord[] {
  return Array.from({ length: Math.ceil(events / BLOCK_EVENTS) }, (_, block) => {
    const entries: Buffer[] = [];
    for (let index = 0; index < BLOCK_EVENTS; index++) {
      const number = block * BLOCK_EVENTS + index;
      const event: Event = {
        project: 'default',
        id: `e-${number}`,
        type: 'view',
        subject: `video-${number % SUBJECTS}`,
        time: BEGIN_MS + (number % 1000),
        value: { unscaled: number % 997, scale: 2 },
        attributes: {
          country: COUNTRIES[number % 5] ?? '',
          device: DEVICES[number % 3] ?? '',
          plan: number % 2 === 0 ? 'free' : 'paid',
          user: `u-${number % 50_000}`,
        },
        timeAssigned: false,
      };
      entries.push(entryOf(event));
    }
    const header = { schemaId: CURRENT_SCHEMA_ID, registryVersion: 1, catalogPosition: 0n };
    const value = Buffer.concat([
      encodeBlockHeader({ ...header, count: entries.length, notAfterMs: undefined }),
      ...entries,
    ]);
    return { offset: BigInt(block), timestampMs: BEGIN_MS + block, value };
  });
}
