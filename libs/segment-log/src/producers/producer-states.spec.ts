import { describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@tally/contracts';
import fc from 'fast-check';
import { ProducerStates, type ProducerBatch } from './producer-states.js';

const limits = { maxProducers: 3, expiryMs: DAY_MS };
const LAST_SEQUENCE = 2 ** 31 - 1;

function batch(baseSequence: number, count = 1, changes: Partial<ProducerBatch> = {}) {
  return { producerId: 7n, producerEpoch: 0, baseSequence, count, ...changes };
}

/** A partition in memory: what its producers are told, and where their batches lie. */
function partition(known = limits) {
  const states = new ProducerStates(known);
  let end = 0n;
  /** Batches of one round; `isDurable`: it could be written. */
  const round = (batches: readonly ProducerBatch[], isDurable = true, nowMs = 1000) => {
    const begun = states.begin();
    const start = end;
    const verdicts = batches.map((next) => {
      const verdict = begun.check(next);
      if (verdict.kind === 'duplicate') return verdict.batch.baseOffset;
      if (verdict.kind !== 'next') return verdict.kind;
      begun.add(next, { baseOffset: end, appendTimeMs: nowMs }, nowMs);
      const offset = end;
      end += BigInt(next.count);
      return offset;
    });
    if (isDurable) begun.publish(nowMs);
    else end = start;
    return verdicts;
  };
  return { states, round };
}

describe('a batch of an idempotent producer', () => {
  it('that comes again is found where it lies, in the same round and in a later one', () => {
    const { round } = partition();
    expect(round([batch(0, 3), batch(0, 3), batch(3)])).toEqual([0n, 0n, 3n]);
    expect(round([batch(0, 3), batch(3), batch(4)])).toEqual([0n, 3n, 4n]);
  });

  it('that comes again after five others is out of order, as is another cut of the same records', () => {
    const { round } = partition();
    round([0, 1, 2, 3, 4, 5].map((sequence) => batch(sequence)));
    expect(round([batch(0), batch(1), batch(4, 2)])).toEqual(['out_of_order', 1n, 'out_of_order']);
  });

  it('is refused while one before it is missing', () => {
    const { round } = partition();
    expect(round([batch(0), batch(2), batch(1), batch(2)])).toEqual([0n, 'out_of_order', 1n, 2n]);
  });

  it('counts only when its round was durable', () => {
    const { round } = partition();
    expect(round([batch(0), batch(1)], false)).toEqual([0n, 1n]);
    expect(round([batch(0), batch(0)])).toEqual([0n, 0n]);
    expect(round([batch(2)])).toEqual(['out_of_order']);
    expect(round([batch(1)])).toEqual([1n]);
  });

  it('may begin anywhere when nothing is known of its producer', () => {
    expect(partition().round([batch(42), batch(43)])).toEqual([0n, 1n]);
  });

  it('of a new epoch begins at 0, and then the old epoch is over', () => {
    const { round } = partition();
    const renewed = { producerEpoch: 1 };
    expect(round([batch(0), batch(1, 1, renewed), batch(0, 1, renewed), batch(1)])).toEqual([
      0n,
      'out_of_order',
      1n,
      'fenced',
    ]);
  });

  it('has sequence 0 after the last one', () => {
    const { round } = partition();
    expect(round([batch(LAST_SEQUENCE - 1, 3), batch(1), batch(LAST_SEQUENCE - 1, 3)])).toEqual([
      0n,
      3n,
      0n,
    ]);
    expect(
      round([batch(2 ** 31 - 3, 3, { producerId: 8n }), batch(0, 1, { producerId: 8n })]),
    ).toEqual([4n, 7n]);
  });

  it('is in the log exactly once, in order, however often and in whatever rounds it is sent', () => {
    const sends = fc.array(
      fc.record({
        sequence: fc.nat(8),
        isDurable: fc.boolean(),
        size: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(sends, (list) => {
        const { round } = partition();
        const log: number[] = [];
        for (const { sequence, isDurable, size } of list) {
          // A client with five in flight that sends all of them anew.
          const batches = Array.from({ length: size }, (_, index) => batch(sequence + index));
          const end = BigInt(log.length);
          const verdicts = round(batches, isDurable);
          for (const [index, verdict] of verdicts.entries()) {
            const isNew =
              typeof verdict === 'bigint' && verdict >= end && Number(verdict) === log.length;
            if (isNew && isDurable) log.push(sequence + index);
            else if (typeof verdict === 'bigint' && isDurable) {
              expect(log[Number(verdict)]).toBe(sequence + index);
            }
          }
        }
        const first = log[0] ?? 0;
        expect(log).toEqual(log.map((_, index) => first + index));
      }),
    );
  });
});

describe('producers', () => {
  it('are forgotten when they are too many, the one silent longest first', () => {
    const { states, round } = partition();
    for (const producerId of [1n, 2n, 3n]) round([batch(0, 1, { producerId })]);
    round([batch(1, 1, { producerId: 1n })]);
    round([batch(0, 1, { producerId: 4n })]);
    expect([...states.entries()].map(([id]) => id)).toEqual([3n, 1n, 4n]);
  });

  it('are forgotten when they were silent for long', () => {
    const { states, round } = partition();
    round([batch(0, 1, { producerId: 1n })], true, 1000);
    round([batch(0, 1, { producerId: 2n })], true, 999 + DAY_MS);
    expect(states.size).toBe(2);
    round([batch(1, 1, { producerId: 2n })], true, 1000 + DAY_MS);
    expect([...states.entries()].map(([id]) => id)).toEqual([2n]);
  });

  it('without an id are none of its business', () => {
    const { states, round } = partition();
    const anybody = { producerId: -1n, producerEpoch: 0 };
    expect(round([batch(0, 1, anybody), batch(0, 1, anybody)])).toEqual([0n, 1n]);
    expect(states.size).toBe(0);
  });
});
