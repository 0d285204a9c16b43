import { describe, expect, it } from '@jest/globals';
import { type shardProxy, TallyError } from '@tally/contracts';
import { SeriesCache, type Series } from '@tally/counting';
import { Registry } from 'prom-client';
import { processorMetrics } from '../metrics.js';
import type { ShardClient } from './shard-client.js';
import { ShardWriter } from './shard-writer.js';

type Answer = shardProxy.ApplyOutcome | TallyError;

/** A shard that answers as told and keeps what it was asked. */
function shardThat(...answers: Answer[]) {
  const requests: shardProxy.ApplyDeltaRequest[] = [];
  const client = {
    applyDelta: async (request: shardProxy.ApplyDeltaRequest) => {
      requests.push(request);
      const answer = answers.shift() ?? 'APPLY_OUTCOME_APPLIED';
      if (answer instanceof TallyError) throw answer;
      return { outcome: answer, uncovered: [] };
    },
  } as unknown as ShardClient;
  return { requests, client };
}

const quiet = () => undefined;
const series = new SeriesCache(10).all({
  ...{ project: 'p', id: 'i', type: 't', subject: 's', time: 0, value: null, attributes: {} },
}) as Series;

function writerTo(client: ShardClient, signal = new AbortController().signal) {
  return new ShardWriter({
    shard: 1,
    epoch: 4,
    topic: 'events-0123456789abcdef',
    client,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet } as never,
    metrics: processorMetrics(new Registry()),
    signal,
  });
}

function sumUp(writer: ShardWriter, offset: bigint): void {
  writer.delta.add(series, 0, 5, null);
  writer.delta.cover(3, offset);
}

const unavailable = () => new TallyError('unavailable', 'no answer');

describe('the writer of a shard', () => {
  it('sends the same again until the outcome is known', async () => {
    const { requests, client } = shardThat(
      unavailable(),
      unavailable(),
      'APPLY_OUTCOME_ALREADY_APPLIED',
    );
    const writer = writerTo(client);
    sumUp(writer, 7n);
    expect(await writer.flush(new Map([[3, 1234]]))).toBe('done');
    expect(requests.length).toBe(3);
    expect(requests[1]).toBe(requests[0]);
    expect(requests[2]).toBe(requests[0]);
    const partition = { topic: 'events-0123456789abcdef', partition: 3 };
    expect(requests[0]).toMatchObject({
      shard: 1,
      epoch: '4',
      ranges: [{ partition, ranges: [{ from: '7', to: '8' }] }],
      instants: [{ partition, asOfMs: '1234' }],
    });
  });

  it('has one flush on its way at most; the next holds what came meanwhile', async () => {
    const { requests, client } = shardThat();
    const writer = writerTo(client);
    sumUp(writer, 0n);
    const first = writer.flush(new Map());
    sumUp(writer, 1n);
    expect(writer.flush(new Map())).toBeUndefined();
    await first;
    await writer.flush(new Map());
    expect(requests.map(({ ranges }) => ranges[0]?.ranges)).toEqual([
      [{ from: '0', to: '1' }],
      [{ from: '1', to: '2' }],
    ]);
  });

  it('tells the name of a series until the shard has confirmed it', async () => {
    const { requests, client } = shardThat('APPLY_OUTCOME_APPLIED');
    const writer = writerTo(client);
    sumUp(writer, 0n);
    await writer.flush(new Map());
    sumUp(writer, 1n);
    await writer.flush(new Map());
    expect(requests.map((request) => request.seriesNames.length > 0)).toEqual([true, false]);
  });

  it.each(['APPLY_OUTCOME_OVERLAP' as const, new TallyError('stale_epoch', 'another map')])(
    'says that its sums are void on %s',
    async (answer) => {
      const writer = writerTo(shardThat(answer).client);
      sumUp(writer, 0n);
      expect(await writer.flush(new Map())).toBe('stale');
    },
  );

  it('gives up when the run ends', async () => {
    const stopping = new AbortController();
    const { requests, client } = shardThat(unavailable(), unavailable());
    const writer = writerTo(client, stopping.signal);
    sumUp(writer, 0n);
    const flush = writer.flush(new Map());
    stopping.abort();
    expect(await flush).toBe('stopped');
    expect(requests.length).toBe(1);
  });
});
