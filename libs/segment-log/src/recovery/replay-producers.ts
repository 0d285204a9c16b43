import { basename } from 'node:path';
import { ATTRIBUTES } from '@tally/kafka-wire';
import type { Quarantine } from '../partition/quarantine.js';
import type { ProducerStates } from '../producers/producer-states.js';
import { scanBatches } from '../segment/scan-segment.js';
import type { Segment } from '../segment/segment.js';

/** Tells of the batches from an offset on, as far as they can be read. */
export async function replayProducers(
  producers: ProducerStates,
  from: bigint,
  segments: readonly Segment[],
  quarantine: Quarantine,
  now: () => number,
): Promise<void> {
  for (const { path, file, baseOffset: base, endOffset, size } of segments) {
    if (endOffset <= from) continue;
    let start = { position: 0, offset: base };
    const end = { position: size, endPosition: size, endOffset };
    for (const range of [...quarantine.inSegment(basename(path)), end]) {
      for await (const header of scanBatches(file, range.position, base, false, start)) {
        const { attributes, baseOffset, maxTimestampMs } = header;
        const isStamped = (attributes & ATTRIBUTES.logAppendTime) !== 0;
        const appendTimeMs = isStamped ? maxTimestampMs : undefined;
        if (baseOffset >= from) producers.replay(header, { baseOffset, appendTimeMs }, now);
      }
      start = { position: range.endPosition, offset: range.endOffset };
    }
  }
}
