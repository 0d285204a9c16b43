import {
  encodeDeltaRows,
  TallyError,
  type deadLetterReplayer,
  type shardProxy,
} from '@tally/contracts';
import { ReplaySums } from '@tally/counting';
import type { ReplayerMetrics } from '../metrics.js';
import { DeadEventFilter } from './dead-event-filter.js';
import type { DeadEventReader, FoundEvent, Installed } from './dead-event-reader.js';
import type { DeadEventShards } from './dead-event-shards.js';
import type { KeptRecord } from './dead-event-topic.js';
import { SettlementReport } from './settlement-report.js';

/** Of one request: then it answers, and the same again goes on. */
const LASTS_MS = 8000;
/** Somebody else may be faster, or an answer may be lost. */
const TRIES = 4;
const MAX_KEYS = 1000;

export interface DeadEventSettlerOptions {
  readonly reader: DeadEventReader;
  readonly shards: DeadEventShards;
  readonly installed: () => Installed;
  readonly metrics: Pick<ReplayerMetrics, 'settled'>;
}

type Request = deadLetterReplayer.SettleDeadEventsRequest;
type Asked = Omit<shardProxy.SettleDeadEventsRequest, 'epoch'>;

/**
 * Counts dead events, or discards them, as people say. Each shard settles what is open there, in a
 * transaction of its own; whatever is repeated, lost or done by two at once, what is settled is not open.
 */
export class DeadEventSettler {
  constructor(private readonly options: DeadEventSettlerOptions) {}

  async settle(request: Request): Promise<deadLetterReplayer.SettleDeadEventsResponse> {
    const { keys, filter: asked, action } = request;
    if (action === undefined) throw new TallyError('invalid_argument', 'expected an action');
    if (keys.length > MAX_KEYS)
      throw new TallyError('invalid_argument', `expected up to ${MAX_KEYS} keys`);
    const filter = new DeadEventFilter(keys.length > 0 ? undefined : asked);
    const wanted = new Set(keys.map(keyText));
    const partitions =
      keys.length > 0 ? new Set(keys.map(({ partition }) => partition)) : filter.partitions;
    const report = new SettlementReport();
    const untilMs = performance.now() + LASTS_MS;
    const isAsked = (kept: KeptRecord, event: { readonly index: number }) =>
      wanted.size === 0 || wanted.has(textOf(kept, event.index));
    for await (const { records } of this.options.reader.read(undefined, partitions)) {
      const some = uniqueOf(records.filter((kept) => filter.hasRecord(kept)));
      await this.settleSome(request, some, report, (found) => {
        const { kept, event, document } = found;
        return isAsked(kept, event) && filter.hasCause(event) && filter.has(document);
      });
      for (const kept of some)
        for (const { index } of kept.dead.events) wanted.delete(textOf(kept, index));
      if (keys.length > 0 && wanted.size === 0) return report.answer(true);
      if (performance.now() > untilMs) return report.answer(false);
    }
    for (const _ of wanted) report.leave('nothing is kept of such an event');
    return report.answer(true);
  }

  private async settleSome(
    request: Request,
    records: readonly KeptRecord[],
    report: SettlementReport,
    isWanted: (found: FoundEvent) => boolean,
  ): Promise<void> {
    const { reader } = this.options;
    const isReplay = request.action?.settlement === 'SETTLEMENT_REPLAYED';
    const isExact = request.keys.length > 0;
    let obstacles: readonly string[] = [];
    /** Of which nobody knows whether they were settled. */
    const unsure = new Set<string>();
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const { found, say } = await reader.find(records, () => true);
      if (say.missing.length > 0)
        throw new TallyError(
          'unavailable',
          `shard ${say.missing.join(', ')} does not answer: the same again goes on where it ended`,
        );
      const state = isReplay ? 'replayed' : 'discarded';
      const since = found.filter((one) => unsure.has(keyOf(one)) && one.document.state === state);
      report.settle(since, isReplay);
      for (const one of since) unsure.delete(keyOf(one));
      const chosen = found.filter(isWanted);
      const ready = chosen.filter((one) => isReady(one, isReplay));
      // What was settled by a try before is no obstacle.
      if (attempt === 1)
        obstacles = chosen.flatMap((one) => obstacleOf(one, isReplay, isExact) ?? []);
      const asked = isReplay ? this.replays(ready) : this.discards(ready);
      if (asked.length === 0 || request.dryRun) {
        if (request.dryRun) report.settle(ready, isReplay);
        break;
      }
      if (await this.send(asked, ready, request, report, unsure)) break;
      if (attempt === TRIES)
        throw new TallyError('unavailable', 'the shards do not answer: the same again goes on');
    }
    for (const reason of obstacles) report.leave(reason);
  }

  /** @returns whether all are settled. */
  private async send(
    asked: readonly Asked[],
    ready: readonly FoundEvent[],
    { action }: Request,
    report: SettlementReport,
    unsure: Set<string>,
  ): Promise<boolean> {
    const { shards, installed, metrics } = this.options;
    const isReplay = action?.settlement === 'SETTLEMENT_REPLAYED';
    const { shardMap } = installed().rules;
    const outcomes = await Promise.all(
      asked.map(async (one) => ({
        shard: one.shard,
        isSettled: await shards.settle({ ...one, action }, shardMap),
      })),
    );
    const done = new Set(
      outcomes.flatMap(({ shard, isSettled }) => (isSettled === true ? [shard] : [])),
    );
    const silent = new Set(
      outcomes.flatMap(({ shard, isSettled }) => (isSettled === undefined ? [shard] : [])),
    );
    const settled = ready.filter(({ shard, openAt }) =>
      isReplay ? done.has(shard ?? -1) : openAt.every((one) => done.has(one)),
    );
    report.settle(settled, isReplay);
    for (const one of ready)
      if (!settled.includes(one) && one.openAt.some((shard) => silent.has(shard)))
        unsure.add(keyOf(one));
    const settlement = isReplay ? 'replayed' : 'discarded';
    for (const { document } of settled) metrics.settled.inc({ settlement, cause: document.cause });
    return settled.length === ready.length;
  }

  private replays(ready: readonly FoundEvent[]): Asked[] {
    const { topic, rules } = this.options.installed();
    const sums = new ReplaySums(topic.name, rules);
    for (const [kept, found] of byRecord(ready))
      sums.add(
        kept.partition,
        kept.dead,
        found.map(({ event }) => event),
      );
    return sums.requests().map((request) => ({ ...request, action: undefined }));
  }

  private discards(ready: readonly FoundEvent[]): Asked[] {
    const { topic } = this.options.installed();
    const byShard = new Map<number, shardProxy.DeadRecord[]>();
    for (const [{ partition, dead }, found] of byRecord(ready))
      for (const shard of new Set(found.flatMap(({ openAt }) => openAt))) {
        const own = found.filter(({ openAt }) => openAt.includes(shard));
        const records = byShard.get(shard) ?? [];
        byShard.set(shard, records);
        records.push({
          partition: { topic: topic.name, partition },
          offset: String(dead.offset),
          hour: 0,
          indexes: rangesOf(own.map(({ event }) => event.index)),
        });
      }
    return Array.from(byShard, ([shard, events]) => ({
      shard,
      events,
      rows: NO_ROWS,
      seriesNames: Buffer.alloc(0),
      action: undefined,
    }));
  }
}

const NO_ROWS = encodeDeltaRows([]);

function isReady({ document, shard, openAt, obstacle }: FoundEvent, isReplay: boolean): boolean {
  if (document.state !== 'open') return false;
  return !isReplay || (obstacle === '' && shard !== undefined && openAt.includes(shard));
}

/** Undefined: there is none, or nobody asked for this very event. */
function obstacleOf(found: FoundEvent, isReplay: boolean, isExact: boolean): string | undefined {
  const { document, obstacle } = found;
  if (isReady(found, isReplay)) return undefined;
  if (document.state !== 'open') return isExact ? `it is ${document.state}` : undefined;
  return obstacle === '' ? 'the shard of its series was not told of it' : obstacle;
}

/** A record may have been written twice: once is enough. */
function uniqueOf(records: readonly KeptRecord[]): KeptRecord[] {
  return [...new Map(records.map((kept) => [textOf(kept, 0), kept])).values()];
}

function byRecord(found: readonly FoundEvent[]): Map<KeptRecord, FoundEvent[]> {
  const records = new Map<KeptRecord, FoundEvent[]>();
  for (const one of found) {
    const known = records.get(one.kept);
    if (known === undefined) records.set(one.kept, [one]);
    else known.push(one);
  }
  return records;
}

function rangesOf(indexes: readonly number[]): shardProxy.IndexRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last?.to === index) last.to = index + 1;
    else ranges.push({ from: index, to: index + 1 });
  }
  return ranges;
}

function keyOf({ kept, event }: FoundEvent): string {
  return textOf(kept, event.index);
}

function textOf({ partition, dead: { offset } }: KeptRecord, index: number): string {
  return `${partition}/${offset}/${index}`;
}

function keyText({ partition, offset, index }: deadLetterReplayer.DeadEventKey): string {
  return `${partition}/${offset}/${index}`;
}
