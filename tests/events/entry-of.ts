import { encodeEvent, ENTRY_HEADER_BYTES, writeEntryHeader, type Event } from '@tally/contracts';
import { fingerprintOf } from '@tally/placement';

const MAX_ENTRY_BYTES = 4096;
const entry = Buffer.alloc(MAX_ENTRY_BYTES);

/** An event as it stands in a block. */
export function entryOf(event: Event): Buffer {
  const end = encodeEvent(event, entry, ENTRY_HEADER_BYTES);
  const fingerprint = fingerprintOf(event.project, event.id);
  writeEntryHeader(entry, 0, end - ENTRY_HEADER_BYTES, fingerprint);
  return Buffer.from(entry.subarray(0, end));
}
