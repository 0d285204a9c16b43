import { describe, expect, it } from '@jest/globals';
import { BATCH_SIZES } from '../batch-step.js';
import { CheckedBatch } from '../checked-batch.js';
import { readBatch, type BatchFormat } from '../read-batch.js';
import { UsualParts } from './usual-taker.js';

const NOW_MS = Date.UTC(2026, 0, 2);
const parts = new UsualParts('default');

function batchOf(bytes: Buffer, maxAgeMs: () => number | null = () => null): CheckedBatch {
  return new CheckedBatch({
    project: 'default',
    nowMs: NOW_MS,
    arrivedMs: NOW_MS,
    maxAgeMs,
    bytes: bytes.length,
    listAll: false,
    usual: parts,
    newId: () => 'assigned',
  });
}

/** How many events were handed on to be checked one by one, of how many. */
function handedOn(text: string, format: BatchFormat = 'json'): readonly [number, number] {
  const bytes = Buffer.from(text);
  const batch = batchOf(bytes);
  let events = 0;
  for (const step of readBatch(bytes, format, BATCH_SIZES, batch.usual)) {
    if (step.kind === 'events') events += step.events.length;
    if (step.kind !== 'read' && step.kind !== 'refused') batch.add(step);
  }
  return [events, batch.count];
}

const event = (more = '', id = '"e-1"') => `{"id":${id},"type":"view","subject":"video-42"${more}}`;

describe('an event is taken as it lies there', () => {
  it.each([
    ['as short as can be', event()],
    ['with a time', event(',"time":"2026-01-01T12:00:00.123Z"')],
    ['with a time of whole seconds', event(',"time":"2026-01-01T12:00:00Z"')],
    ['with a time as Python prints it', event(',"time":"2026-01-01T12:00:00.123456+00:00"')],
    ['with a value', event(',"value":-4.99')],
    ['with attributes', event(',"attributes":{"country":"NL","weight":1.25,"new":true}')],
    ['with members that are null', event(',"time":null,"value":null,"attributes":null')],
    ['with letters of any language', event('', '"vidéo ✈ 😀"')],
    ['in another order', '{"subject":"s","value":1,"type":"view","id":"1"}'],
    ['with white space', ` {\n\t"id": "1", "type" : "view" ,\r\n "subject": "s" } `],
  ])('%s', (_, text) => {
    expect(handedOn(text)).toEqual([0, 1]);
    expect(handedOn(`[${text},${text}]`)).toEqual([0, 2]);
    const line = text.replaceAll(/[\r\n]/g, '');
    expect(handedOn(`${line}\r\n${line}`, 'ndjson')).toEqual([0, 2]);
  });

  it.each([
    ['without an id', '{"type":"view","subject":"s"}'],
    ['with an escape', event('', '"\\u0031"')],
    ['with an exponent', event(',"value":1e2')],
    ['with an offset', event(',"time":"2026-01-01T12:00:00+01:00"')],
    ['that is refused', event(',"time":"2026-01-02T01:00:00.001Z"')],
    ['with a name that is a number', event(',"attributes":{"1":1}')],
    ['of more than 8 KiB', event(`,"attributes":{${' '.repeat(8192)}}`)],
  ])('but not one %s, which costs itself alone', (_, text) => {
    expect(handedOn(text)).toEqual([1, 1]);
    const usual = [event(), event()];
    expect(handedOn(`[${[...usual, text, ...usual, text].join(',')}]`)).toEqual([2, 6]);
    expect(handedOn([...usual, text, ...usual, text].join('\n'), 'ndjson')).toEqual([2, 6]);
  });
});

describe('more events than are allowed', () => {
  it('cost no step each behind usual ones', () => {
    const many = [...Array<string>(10_000).fill(event()), ...Array<string>(100_000).fill('{}')];
    const bytes = Buffer.from(`[${many.join(',')}]`);
    const steps = [...readBatch(bytes, 'json', BATCH_SIZES, batchOf(bytes).usual)];
    expect(steps.at(-1)).toMatchObject({ code: 'payload_too_large' });
    expect(steps.length).toBeLessThan(200);
  });
});

describe('a batch that came to an end before its time', () => {
  it('leaves nothing to the next one', () => {
    const bytes = Buffer.from(`[${event()},${event('', '"e-2"').replace('view', 'like')}]`);
    let asked = 0;
    const batch = batchOf(bytes, () => {
      asked += 1;
      if (asked === 2) throw new RangeError('a type that nobody knows');
      return null;
    });
    expect(() => [...readBatch(bytes, 'json', BATCH_SIZES, batch.usual)]).toThrow(RangeError);
    const next = batchOf(bytes);
    const longer = Buffer.from(`[${event('', `"${'x'.repeat(100)}"`)}]`);
    for (const step of readBatch(longer, 'json', BATCH_SIZES, next.usual))
      expect(step.kind).toBe('read');
    const alone = batchOf(bytes);
    alone.add({ kind: 'events', events: JSON.parse(longer.toString()) as [], inexact: new Set() });
    expect(next.body.bytes).toEqual(alone.body.bytes);
  });
});
