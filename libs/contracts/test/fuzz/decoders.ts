import { decodeBlock } from '../../src/block/block-header.js';
import { readEntries } from '../../src/block/block-body.js';
import { decodeCatalogChange } from '../../src/catalog/catalog-entry.js';
import { decodeDeadEvents } from '../../src/dead-events/dead-events.js';
import { decodeDeadLetter } from '../../src/dead-letters/dead-letter.js';
import { CURRENT_SCHEMA_ID, decodeEvent } from '../../src/events/event-codec.js';
import { packageDefinition } from '../../src/grpc/package-definition.js';
import { decodeCounterRows } from '../../src/rows/counter-rows.js';
import { decodeDeltaRows } from '../../src/rows/delta-rows.js';
import { decodeSeriesNames } from '../../src/rows/series-names.js';

/** What reads bytes of others; it may refuse them, and nothing else. */
export interface Decoder {
  readonly name: string;
  readonly decode: (bytes: Buffer) => unknown;
  /** Whether it says by throwing that bytes are none; all others return. */
  readonly throws: boolean;
}

/** All decoders of bytes that come from the log or from the network. */
export const DECODERS: readonly Decoder[] = [
  { name: 'block', throws: false, decode: readBlock },
  { name: 'dead letter', throws: false, decode: decodeDeadLetter },
  { name: 'dead events', throws: false, decode: decodeDeadEvents },
  { name: 'event', throws: false, decode: (bytes) => decodeEvent(CURRENT_SCHEMA_ID, bytes) },
  { name: 'delta rows', throws: false, decode: decodeDeltaRows },
  { name: 'counter rows', throws: false, decode: decodeCounterRows },
  { name: 'series names', throws: false, decode: decodeSeriesNames },
  { name: 'key of a catalogue', throws: false, decode: (key) => decodeCatalogChange(key, null) },
  { name: 'entry of a catalogue', throws: false, decode: readEntry },
  ...messages(),
];

function readEntry(value: Buffer): unknown {
  return decodeCatalogChange(Buffer.from('default\0video-42'), value);
}

function readBlock(bytes: Buffer): unknown {
  const block = decodeBlock(bytes);
  if (block.kind !== 'block') return block;
  const entries = readEntries(block.body, block.count);
  if (entries.kind !== 'entries') return entries;
  return Array.from({ length: block.count }, (_, index) =>
    decodeEvent(
      block.schemaId,
      block.body,
      (entries.starts[index] ?? 0) + 20,
      entries.starts[index + 1] ?? 0,
    ),
  );
}

/** Requests and answers of all gRPC methods; protobuf throws, and gRPC answers for it. */
function messages(): Decoder[] {
  return Object.entries(packageDefinition()).flatMap(([service, methods]) => {
    if (!service.endsWith('Service')) return [];
    return Object.entries(methods).flatMap(([method, definition]) => [
      { name: `${service}.${method} request`, throws: true, decode: definition.requestDeserialize },
      { name: `${service}.${method} answer`, throws: true, decode: definition.responseDeserialize },
    ]);
  });
}
