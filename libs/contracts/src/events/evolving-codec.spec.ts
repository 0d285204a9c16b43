import { describe, expect, it } from '@jest/globals';
import { EVENT_SCHEMAS, type Event } from '../generated/avro/event.js';
import type { RecordBounds } from './avro-reader.js';
import { EVENT_BOUNDS } from './event-rules.js';
import { EvolvingCodec } from './evolving-codec.js';

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}
const first = EVENT_SCHEMAS.get(1) as { readonly fields: readonly Field[] };
/** As a version 2 of the event would be: a field more, with a default for events that lack it. */
const second = {
  ...first,
  fields: [...first.fields, { name: 'source', type: ['null', 'string'], default: null }],
};

const BOUNDS: RecordBounds = {
  ...EVENT_BOUNDS,
  stringBytes: new Map([...EVENT_BOUNDS.stringBytes, ['source', 16]]),
};

type EventOfFirst = Omit<Event, 'timeAssigned'>;
type EventOfSecond = EventOfFirst & { readonly source: string | null };
const event: EventOfFirst = {
  project: 'default',
  id: 'e-1',
  type: 'view',
  subject: 'video-42',
  time: 1_767_225_600_123,
  value: { unscaled: 15, scale: 1 },
  attributes: { country: 'NL', weight: 1.5, new: true },
};

function encoded<T>(codec: EvolvingCodec<T>, record: T): Buffer {
  const bytes = Buffer.alloc(1024);
  return bytes.subarray(0, codec.encode(record, bytes, 0));
}

describe('a schema with an added field', () => {
  const before = new EvolvingCodec<EventOfFirst>(new Map([[1, first]]), BOUNDS);
  const after = new EvolvingCodec<EventOfSecond>(
    new Map<number, object>([
      [1, first],
      [2, second],
    ]),
    BOUNDS,
  );

  it('is written from then on, and what was written before has the default', () => {
    expect(after.currentId).toBe(2);
    const old = encoded(before, event);
    const fresh = encoded(after, { ...event, source: 'sdk' });
    expect(after.decode(1, old, 0, old.length)).toEqual({ ...event, source: null });
    expect(after.decode(2, fresh, 0, fresh.length)).toEqual({ ...event, source: 'sdk' });
  });

  it('is nothing to a reader that does not know it yet: readers are replaced before writers', () => {
    const fresh = encoded(after, { ...event, source: 'sdk' });
    expect(before.decode(2, fresh, 0, fresh.length)).toBeUndefined();
  });

  it('still tells bytes that are no event of the older schema', () => {
    const old = encoded(before, event);
    for (let to = 0; to < old.length; to++)
      expect(after.decode(1, old.subarray(0, to), 0, to)).toBeUndefined();
  });

  it('is refused without a default, as no older event could be read', () => {
    const broken = { ...first, fields: [...first.fields, { name: 'source', type: 'string' }] };
    expect(
      () =>
        new EvolvingCodec(
          new Map<number, object>([
            [1, first],
            [2, broken],
          ]),
          BOUNDS,
        ),
    ).toThrow();
  });
});
