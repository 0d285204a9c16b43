import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { propagation, trace } from '@opentelemetry/api';
import { FlushTraces } from './flush-traces.js';

const traceparent = (number: number) =>
  `00-${String(number + 1).padStart(32, '0')}-00000000000000aa-01`;
const record = (number: number) => ({
  offset: BigInt(number),
  timestampMs: 0,
  value: null,
  traceparent: traceparent(number),
});

/** What the SDK does when tracing is on: reads the header of W3C. */
beforeAll(() => {
  propagation.setGlobalPropagator({
    inject: () => undefined,
    extract: (context, carrier) => {
      const [, traceId = '', spanId = ''] = String(
        (carrier as { traceparent: string }).traceparent,
      ).split('-');
      return trace.setSpanContext(context, { traceId, spanId, traceFlags: 1 });
    },
    fields: () => ['traceparent'],
  });
});
afterAll(() => propagation.disable());

describe('the requests whose events wait for a flush', () => {
  it('are bounded by what a span shows, however long a shard is away', async () => {
    const traces = new FlushTraces([0, 1]);
    for (let number = 0; number < 1000; number++) traces.add(record(number));
    expect([traces.waitingFor(0), traces.waitingFor(1)]).toEqual([129, 129]);
    await traces.inSpan(0, 1, async () => undefined);
    expect([traces.waitingFor(0), traces.waitingFor(1)]).toEqual([0, 129]);
    traces.add(record(1000));
    expect([traces.waitingFor(0), traces.waitingFor(1)]).toEqual([1, 129]);
  });
});
