import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind, trace, type SpanContext } from '@opentelemetry/api';
import { type shardProxy, TallyError } from '@tally/contracts';
import { ShardDelta, type Series } from '@tally/counting';
import { inLinkedSpan, type Logger } from '@tally/service-kit';
import type { ProcessorMetrics } from '../metrics.js';
import type { ShardClient } from './shard-client.js';

const tracer = trace.getTracer('tally.processor');
/** Time before a flush with an unknown outcome is sent again; twice as long each time, to the second. */
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;

/** `stale`: somebody else counted some of it, or slots moved: what was summed up is void. */
export type FlushOutcome = 'done' | 'stale' | 'stopped';

/** By partition: everything before this instant is covered when the flush is. ms since 1970. */
export type Instants = ReadonlyMap<number, number>;

export interface ShardWriterOptions {
  readonly shard: number;
  readonly epoch: number;
  readonly topic: string;
  readonly client: ShardClient;
  readonly logger: Logger;
  readonly metrics: ProcessorMetrics;
  readonly signal: AbortSignal;
}

/**
 * Sums for one shard, and their way there: one delta is summed up while at most one is on its way,
 * so that deltas arrive in order. One whose outcome is unknown is sent again as it is.
 */
export class ShardWriter {
  private open: ShardDelta;
  private traces: SpanContext[] = [];
  private flying: Promise<FlushOutcome> | undefined;
  /** Series whose names the shard has confirmed. */
  private readonly known = new WeakSet<Series>();

  constructor(private readonly options: ShardWriterOptions) {
    this.open = new ShardDelta(options.topic);
  }

  /** What is being summed up. */
  get delta(): ShardDelta {
    return this.open;
  }

  get isFlying(): boolean {
    return this.flying !== undefined;
  }

  /** A recorded request whose events are in the delta. */
  trace(context: SpanContext): void {
    this.traces.push(context);
  }

  /** Sends what was summed up; `undefined` while another flush is on its way. */
  flush(instants: Instants): Promise<FlushOutcome> | undefined {
    if (this.flying !== undefined) return undefined;
    const { shard, epoch, topic } = this.options;
    const delta = this.open;
    const traces = this.traces;
    this.open = new ShardDelta(topic);
    this.traces = [];
    const request: shardProxy.ApplyDeltaRequest = {
      shard,
      epoch: String(epoch),
      ...delta.toMessage((series) => this.known.has(series)),
      instants: [...instants].map(([partition, asOfMs]) => ({
        partition: { topic, partition },
        asOfMs: String(asOfMs),
      })),
    };
    const span = { kind: SpanKind.CONSUMER, attributes: { 'tally.shard': shard } };
    const sending = inLinkedSpan(tracer, 'flush', span, traces, () => this.send(request));
    this.flying = sending.then((outcome) => {
      if (outcome === 'done') for (const series of delta.series) this.known.add(series);
      this.flying = undefined;
      return outcome;
    });
    return this.flying;
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await this.flying;
  }

  private async send(request: shardProxy.ApplyDeltaRequest): Promise<FlushOutcome> {
    const { client, shard, logger, metrics, signal } = this.options;
    const stop = metrics.flushSeconds.startTimer();
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        const { outcome } = await client.applyDelta(request, signal);
        metrics.flushes.inc({ outcome: outcome.replace('APPLY_OUTCOME_', '').toLowerCase() });
        stop();
        return outcome === 'APPLY_OUTCOME_OVERLAP' ? 'stale' : 'done';
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof TallyError)) throw error;
        metrics.flushes.inc({ outcome: 'failed' });
        if (error.code === 'stale_epoch') return 'stale';
        if (!error.retryable) throw error;
        logger.warn({ shard, error }, 'a flush is sent again: its outcome is unknown');
      }
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    }
    return 'stopped';
  }
}
