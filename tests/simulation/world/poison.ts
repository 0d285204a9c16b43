import {
  CURRENT_SCHEMA_ID,
  encodeBlockHeader,
  encodeEvent,
  ENTRY_HEADER_BYTES,
  writeEntryHeader,
} from '@tally/contracts';
import { fingerprintOf } from '@tally/placement';

/** A version of the registry that comes later than the blocks that name it; odd: it splits the counters. */
export const LATE_VERSION = 1_000_001;

/** A block of one event, whose subject is its id, that names a version that nobody knows yet. */
export function lateBlockOf(id: string): Buffer {
  const entry = Buffer.alloc(512);
  const event = {
    project: 'default',
    id,
    type: 'view',
    subject: id,
    time: 0,
    value: null,
    attributes: { color: 'blue' },
    timeAssigned: false,
  };
  const end = encodeEvent(event, entry, ENTRY_HEADER_BYTES);
  writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, fingerprintOf('default', id));
  const header = { schemaId: CURRENT_SCHEMA_ID, registryVersion: LATE_VERSION, count: 1 };
  return Buffer.concat([encodeBlockHeader(header), entry.subarray(0, end)]);
}
