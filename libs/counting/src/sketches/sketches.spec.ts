import { describe, expect, it } from '@jest/globals';
import {
  decodeDeadLetter,
  decodeDeltaRows,
  decodeSeriesNames,
  DEFAULT_EVENT_TYPE,
  type Event,
  type shardProxy,
} from '@tally/contracts';
import { valueText } from '@tally/placement';
import {
  attributeId,
  DDSketch,
  deltaEntries,
  HashedText,
  HyperLogLog,
  UNIQUES,
} from '@tally/sketches';
import fc from 'fast-check';
import {
  event,
  newCounter,
  record,
  rules,
  shardMap,
  takersOf,
  TOPIC,
} from '../../test/support/counted-blocks.js';
import { CatalogHistory } from '../catalog/catalog-history.js';
import { LetterDelta } from '../letters/letter-delta.js';
import { LetterDraft } from '../letters/letter-draft.js';

const definition = {
  ...DEFAULT_EVENT_TYPE,
  dimensions: ['country'],
  uniques: ['ip', 'user'],
  quantiles: true,
};

type Message = Pick<shardProxy.ApplyDeltaRequest, 'rows' | 'seriesNames' | 'sketches'>;

/** Sketches as storage has them: merged by series, minute and attribute, in hexadecimal. */
function stored(messages: readonly Message[]): Record<string, string> {
  const names = new Map(
    messages
      .flatMap(({ seriesNames }) => decodeSeriesNames(Buffer.from(seriesNames)) ?? [])
      .map(({ id, subject, dimensions }) => [hex(id), `${subject}${dimensions}`]),
  );
  const merged = new Map<string, HyperLogLog | DDSketch>();
  for (const { rows: encoded, sketches = new Uint8Array() } of messages) {
    const bytes = Buffer.from(sketches);
    const rows = decodeDeltaRows(Buffer.from(encoded)) ?? [];
    for (const { row, kind, attribute, from } of deltaEntries(bytes)) {
      const its = rows[row];
      if (its === undefined) throw new Error(`expected a row ${row}`);
      const key = `${names.get(hex(its.series))}@${its.minute} ${attribute}`;
      const made = kind === UNIQUES ? new HyperLogLog() : new DDSketch();
      const sketch = merged.get(key) ?? made;
      sketch.merge(bytes, from);
      merged.set(key, sketch);
    }
  }
  return encodedAll(merged);
}

function encodedAll(all: ReadonlyMap<string, HyperLogLog | DDSketch>): Record<string, string> {
  return Object.fromEntries([...all].map(([key, one]) => [key, hex(one.encode())]));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The same out of the events, each of which is counted. */
function expected(events: readonly Event[]): Record<string, string> {
  const all = new Map<string, HyperLogLog | DDSketch>();
  const text = new HashedText();
  for (const { subject, time, value, attributes } of events) {
    const { country } = attributes;
    const minute = Math.floor(time / 60_000);
    for (const series of [subject, `${subject}${JSON.stringify({ country })}`]) {
      for (const name of definition.uniques) {
        const key = `${series}@${minute} ${attributeId(name)}`;
        const sketch = all.get(key) ?? new HyperLogLog();
        if (!(sketch instanceof HyperLogLog)) throw new Error('expected one of its kind');
        const its = attributes[name];
        if (its === undefined) sketch.pass();
        else sketch.add(text.take(valueText(its)));
        all.set(key, sketch);
      }
      if (value === null) continue;
      const key = `${series}@${minute} 0`;
      const sketch = all.get(key) ?? new DDSketch();
      if (!(sketch instanceof DDSketch)) throw new Error('expected one of its kind');
      sketch.add(value.unscaled * 10 ** (6 - value.scale));
      all.set(key, sketch);
    }
  }
  return encodedAll(all);
}

const some = fc
  .record({
    subject: fc.constantFrom('video-1', 'video-2', 'vidéo'),
    time: fc.constantFrom(0, 60_000),
    value: fc.option(
      fc.record({ unscaled: fc.integer({ min: -9999, max: 9999 }), scale: fc.nat({ max: 6 }) }),
    ),
    user: fc.option(fc.oneof(fc.nat({ max: 50 }), fc.constantFrom('1', 'é', true, false))),
    country: fc.constantFrom('NL', 'PT'),
  })
  .map(({ user, country, ...more }) => ({
    ...more,
    attributes: { country, ...(user === null ? {} : { user }) },
  }));
const batches = fc
  .array(fc.array(some, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 })
  .map((all) =>
    all.map((batch, block) => batch.map((more, index) => event(`${block}-${index}`, more))),
  );

describe('the sketches of a delta', () => {
  it('are those of the events that are counted, however flushes are cut', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const using = rules(() => definition);
        const { counter, deltas } = newCounter(using);
        const records = all.map((events, offset) => record(offset, 5000, events));
        // A copy counts for nobody.
        for (const one of [...records, record(records.length, 5001, all[0] ?? [])])
          counter.count(one, takersOf(deltas));
        const messages = [...deltas.values()].map((delta) => delta.toMessage());
        expect(stored(messages)).toEqual(expected(all.flat()));
        const cut = newCounter(using);
        const parts = records.flatMap((one) => {
          const fresh = newCounter(using).deltas;
          cut.counter.count(one, takersOf(fresh));
          return [...fresh.values()].map((delta) => delta.toMessage());
        });
        expect(stored(parts)).toEqual(expected(all.flat()));
      }),
      { numRuns: 50 },
    );
  });

  it('come out of dead letters too', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const using = rules(() => definition);
        const { counter } = newCounter(using);
        const drafts = shardMap.shards.map((shard) => new LetterDraft(shard));
        for (const [offset, events] of all.entries()) {
          const counted = counter.count(record(offset, 5000, events), {
            deltas: new Map(),
            absent: new Set(shardMap.shards),
          });
          for (const draft of drafts) draft.add(counted);
        }
        const messages = drafts.map((draft, shard) => {
          const letter = decodeDeadLetter(draft.encode([]));
          if (letter.kind !== 'letter') throw new Error(letter.reason);
          const delta = new LetterDelta(TOPIC, new Map(), {
            shardMap,
            definition: () => definition,
            catalog: new CatalogHistory(),
          });
          expect(delta.add(5, letter, Number.MAX_SAFE_INTEGER)).toEqual({ kind: 'whole' });
          const request = delta.request(shard, 1);
          if (request === undefined) throw new Error('expected something to count');
          return request;
        });
        expect(stored(messages)).toEqual(expected(all.flat()));
      }),
      { numRuns: 50 },
    );
  });

  it('are none of a type that declares none', () => {
    const { counter, deltas } = newCounter();
    counter.count(record(0, 5000, [event('a')]), takersOf(deltas));
    for (const delta of deltas.values()) expect(delta.toMessage().sketches).toBeUndefined();
  });

  it('are of quantiles alone where no attribute is declared', () => {
    const { counter, deltas } = newCounter(
      rules(() => ({ ...DEFAULT_EVENT_TYPE, quantiles: true })),
    );
    const valued = { value: { unscaled: 15, scale: 1 } };
    counter.count(record(0, 5000, [event('a', valued), event('b')]), takersOf(deltas));
    const messages = [...deltas.values()].map((delta) => delta.toMessage());
    const one = new DDSketch();
    one.add(1_500_000);
    expect(stored(messages)).toEqual({ 'video-1@0 0': hex(one.encode()) });
  });

  it('have the values of attributes that every object has without having got them', () => {
    const of = { ...DEFAULT_EVENT_TYPE, uniques: ['constructor'] };
    const { counter, deltas } = newCounter(rules(() => of));
    counter.count(record(0, 5000, [event('a')]), takersOf(deltas));
    const messages = [...deltas.values()].map((delta) => delta.toMessage());
    const none = new HyperLogLog();
    none.pass();
    expect(Object.values(stored(messages))).toEqual([hex(none.encode())]);
  });
});
