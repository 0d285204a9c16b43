import type { FollowedCatalog } from '@tally/catalog';
import { SECOND_MS } from '@tally/contracts';
import { LetterDelivery, type DeliveryAction } from '@tally/counting';
import type { EventsTopic, ShardMap } from '@tally/placement';
import { keepTrying, WorkUnderWay } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import type { EventTypes, Shards } from '@tally/shard-client';
import type { ReplayerMetrics, WaitingLetters } from '../metrics.js';
import type { LettersTopic } from './letters-topic.js';

/** While letters wait, what was put off is looked at so often. */
const TICK_MS = SECOND_MS;
/** How often it is looked whether there is a topic of dead letters by now. */
const LOOK_MS = 5 * SECOND_MS;
/** After the log did not answer. */
const RETRY_MS = SECOND_MS;

export interface DeliveryDriverOptions {
  readonly topic: EventsTopic;
  readonly shardMap: ShardMap;
  readonly letters: LettersTopic;
  readonly shards: Shards;
  readonly eventTypes: EventTypes;
  readonly catalog: FollowedCatalog;
  readonly logger: Logger;
  readonly metrics: ReplayerMetrics;
}

/** Carries out what a delivery asks for, and tells it what came of it. Nothing is decided here. */
export class DeliveryDriver {
  private readonly stopping = new AbortController();
  private readonly delivery: LetterDelivery;
  private readonly work: WorkUnderWay;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: DeliveryDriverOptions) {
    const { topic, shardMap, eventTypes, catalog, logger } = options;
    this.work = new WorkUnderWay(this.stopping.signal, (error, consequence) =>
      logger.warn({ error }, consequence),
    );
    this.delivery = new LetterDelivery({
      topic: topic.name,
      epoch: shardMap.epoch,
      rules: {
        shardMap,
        definition: (project, type, version) => eventTypes.definition(project, type, version),
        catalog,
      },
      knowsVersion: (version) => eventTypes.knowsVersion(version),
      startedAtMs: performance.now(),
      emit: (action) => this.carryOut(action),
    });
  }

  /** Letters that wait, by shard. */
  waiting(): WaitingLetters[] {
    return [...this.delivery.shards].map((shard) => ({
      shard,
      letters: this.delivery.waiting(shard),
      oldestMs: this.delivery.oldestMs(shard) ?? Date.now(),
    }));
  }

  /** Begins to deliver, until stopped. */
  start(): void {
    this.work.track(this.follow());
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.stopping.abort();
    await this.options.letters.close();
    await this.work.settled();
  }

  private async follow(): Promise<void> {
    const { letters, logger } = this.options;
    const { signal } = this.stopping;
    await keepTrying(() => letters.assertThere(), {
      signal,
      retryMs: LOOK_MS,
      onFailure: (error) => logger.debug({ error }, 'there are no dead letters yet'),
    });
    while (!signal.aborted) {
      const next = await keepTrying(() => letters.next(), {
        signal,
        retryMs: RETRY_MS,
        onFailure: (error) => logger.warn({ error }, 'dead letters cannot be read'),
      });
      for (const [partition, records] of next ?? [])
        this.delivery.onAppended(
          partition,
          records.map(({ offset, timestampMs, value }) => ({
            letter: offset,
            appendMs: timestampMs,
            value,
          })),
        );
      this.wake();
    }
  }

  /** Ticks as long as letters wait, or have to be dropped. */
  private wake(): void {
    if (this.timer !== undefined || this.stopping.signal.aborted || !this.delivery.hasWork) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.delivery.tick(performance.now());
      this.wake();
    }, TICK_MS);
  }

  private carryOut(action: DeliveryAction): void {
    const { logger, metrics } = this.options;
    switch (action.kind) {
      case 'read-coverage':
        return this.work.track(this.readCoverage(action));
      case 'read-letters':
        return this.work.track(this.readLetters(action));
      case 'flush':
        return this.work.track(this.flush(action));
      case 'drop':
        return this.work.track(this.drop(action));
      case 'delivered': {
        const { shard, letters } = action;
        metrics.delivered.inc({ shard: String(shard) }, letters);
        logger.info({ shard, letters }, 'dead letters were delivered');
        return;
      }
      case 'miss-version':
        return this.work.track(this.awaitVersion(action.registryVersion));
      case 'miss-catalog':
        return this.work.track(this.awaitCatalog(action.position));
      case 'unreadable': {
        const { partition, letter, reason } = action;
        metrics.unreadable.inc();
        logger.error(
          { partition, letter: String(letter), reason },
          'ALARM: this dead letter cannot be counted and stays where it is',
        );
      }
    }
  }

  private async readCoverage({
    shard,
    partitions,
  }: Extract<DeliveryAction, { kind: 'read-coverage' }>): Promise<void> {
    const { shards, shardMap, topic } = this.options;
    const wanted = partitions.map((partition) => ({ topic: topic.name, partition }));
    const { signal } = this.stopping;
    const answer = await shards.coverage(shard, shardMap.epoch, wanted, signal);
    this.delivery.onCoverage(shard, answer);
  }

  private async readLetters({
    shard,
    places,
  }: Extract<DeliveryAction, { kind: 'read-letters' }>): Promise<void> {
    const { letters } = this.options;
    const values = await this.work.answerOf(letters.read(places), 'dead letters cannot be read');
    this.delivery.onRead(shard, values);
  }

  private async flush({
    shard,
    request,
  }: Extract<DeliveryAction, { kind: 'flush' }>): Promise<void> {
    const outcome = await this.options.shards.applyDelta(request, this.stopping.signal);
    if (outcome.kind === 'halt')
      this.options.logger.error(
        { shard, reason: outcome.reason },
        'ALARM: this shard does not take its dead letters; they are sent again',
      );
    this.delivery.onFlushed(shard, outcome);
  }

  private async drop({
    partition,
    before,
  }: Extract<DeliveryAction, { kind: 'drop' }>): Promise<void> {
    const { letters } = this.options;
    const dropped = letters.drop(partition, before).then(() => true);
    if (await this.work.answerOf(dropped, 'delivered letters are not deleted yet'))
      this.delivery.onDropped(partition, before);
  }

  private async awaitVersion(registryVersion: number): Promise<void> {
    const { eventTypes, logger } = this.options;
    const isKnown = await eventTypes.reach(registryVersion, this.stopping.signal);
    if (isKnown === false)
      logger.error(
        { registryVersion },
        'ALARM: a dead letter names a version of the event types that is not in ZooKeeper',
      );
  }
  private async awaitCatalog(position: bigint): Promise<void> {
    const { catalog, logger } = this.options;
    const isKnown = await catalog.reach(position, this.stopping.signal);
    if (isKnown === false)
      logger.error(
        { position: String(position) },
        'ALARM: a dead letter names a position of the catalogue that the log does not have',
      );
  }
}
