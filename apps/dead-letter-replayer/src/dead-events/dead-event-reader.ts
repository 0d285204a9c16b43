import {
  DEAD_CAUSES,
  TallyError,
  type DeadEvent,
  type deadLetterReplayer,
  type Event,
} from '@tally/contracts';
import { ReplaySums, toldOf, type ReplayRules } from '@tally/counting';
import type { EventsTopic } from '@tally/placement';
import { DeadEventFilter } from './dead-event-filter.js';
import { placeOf, textOf, type Place } from './dead-event-places.js';
import { keyOf, type DeadEventShards, type ShardsSay } from './dead-event-shards.js';
import {
  MAX_READ_BYTES,
  READ_BYTES,
  type DeadEventTopic,
  type KeptBatch,
  type KeptRecord,
} from './dead-event-topic.js';
import { TakenOnce } from './taken-once.js';

const MAX_LIMIT = 500;
const MAX_GROUPS = 1000;

/** What is known of the installation now. */
export interface Installed {
  readonly topic: EventsTopic;
  readonly rules: ReplayRules;
}

/** A dead event with all that is known of it. */
export interface FoundEvent {
  readonly place: Place;
  readonly kept: KeptRecord;
  readonly event: DeadEvent;
  readonly document: deadLetterReplayer.DeadEvent;
  /** Shards where it is open. */
  readonly openAt: readonly number[];
  readonly content: Event | undefined;
  /** Empty: it can be counted, by that shard. */
  readonly obstacle: string;
  readonly shard: number | undefined;
}

/** Finds dead events: their bytes in the topic, what became of them at the shards. Nothing is remembered. */
export class DeadEventReader {
  constructor(
    private readonly kept: DeadEventTopic,
    private readonly shards: DeadEventShards,
    private readonly installed: () => Installed,
  ) {}

  async list({
    filter: asked,
    after,
    limit,
  }: deadLetterReplayer.ListDeadEventsRequest): Promise<deadLetterReplayer.ListDeadEventsResponse> {
    if (limit < 1 || limit > MAX_LIMIT)
      throw new TallyError('invalid_argument', `expected a limit of 1 to ${MAX_LIMIT}`);
    const events: deadLetterReplayer.DeadEvent[] = [];
    const missing = new Set<number>();
    for await (const { found, say, end, isLast } of this.pages(asked, placeOf(after))) {
      for (const shard of say.missing) missing.add(shard);
      for (const { document, place } of found) {
        events.push(document);
        if (events.length === limit)
          return { events, next: textOf(place), missingShards: [...missing] };
      }
      if (isLast) return { events, next: textOf(end), missingShards: [...missing] };
    }
    return { events, next: '', missingShards: [...missing] };
  }

  async count({
    filter: asked,
    after,
  }: deadLetterReplayer.CountDeadEventsRequest): Promise<deadLetterReplayer.CountDeadEventsResponse> {
    const groups = new Map<string, deadLetterReplayer.DeadEventGroup>();
    const missing = new Set<number>();
    for await (const { found, say, end, isLast } of this.pages(asked, placeOf(after))) {
      for (const shard of say.missing) missing.add(shard);
      for (const { document } of found) {
        const { cause, type, state, shards, appendMs } = document;
        const key = `${cause} ${type} ${state} ${shards.join()}`;
        const known = groups.get(key);
        const events = String(Number(known?.events ?? 0) + 1);
        const oldestMs = String(Math.min(Number(known?.oldestMs ?? appendMs), Number(appendMs)));
        groups.set(key, { cause, type, state, shards, events, oldestMs });
      }
      if (isLast || groups.size >= MAX_GROUPS)
        return { groups: [...groups.values()], next: textOf(end), missingShards: [...missing] };
    }
    return { groups: [...groups.values()], next: '', missingShards: [...missing] };
  }

  async get(
    key: deadLetterReplayer.DeadEventKey | undefined,
  ): Promise<deadLetterReplayer.DeadEventDetail> {
    const { partition = 0, offset = '0', index = 0 } = key ?? {};
    for await (const { records } of this.read(undefined, new Set([partition]))) {
      const kept = records.find(({ dead }) => String(dead.offset) === offset);
      const event = kept?.dead.events.find((one) => one.index === index);
      if (kept === undefined || event === undefined) continue;
      const [found] = (await this.find([kept], (_, one) => one === event)).found;
      if (found === undefined) break;
      const json = found.content === undefined ? '' : JSON.stringify(found.content);
      return { event: found.document, bytes: event.bytes, json, obstacle: found.obstacle };
    }
    throw new TallyError('not_found', 'nothing is kept of such an event');
  }

  /** Batches of records behind a place. */
  read(after: Place | undefined, partitions?: ReadonlySet<number>): AsyncGenerator<KeptBatch> {
    return this.kept.read(this.installed().topic.name, after, partitions);
  }

  /** Those events of the records that are wanted, with what the shards say of them. */
  async find(
    records: readonly KeptRecord[],
    isWanted: (kept: KeptRecord, event: DeadEvent) => boolean,
  ): Promise<{ readonly found: FoundEvent[]; readonly say: ShardsSay }> {
    const { topic, rules } = this.installed();
    const wanted = records
      .map((kept) => ({ kept, events: kept.dead.events.filter((one) => isWanted(kept, one)) }))
      .filter(({ events }) => events.length > 0);
    const keys = wanted.map(({ kept: { partition, dead } }) => ({
      partition,
      offset: dead.offset,
    }));
    const say = await this.shards.say(topic.name, rules.shardMap, keys);
    const sums = new ReplaySums(topic.name, rules);
    const found = wanted.flatMap(({ kept, events }) =>
      events.map((event) => foundOf(kept, event, say, sums)),
    );
    return { found, say };
  }

  private async *pages(
    asked: deadLetterReplayer.DeadEventFilter | undefined,
    after: Place | undefined,
  ): AsyncGenerator<{
    readonly found: readonly FoundEvent[];
    readonly say: ShardsSay;
    readonly end: Place;
    /** So much was read that the rest is for the next question. */
    readonly isLast: boolean;
  }> {
    const filter = new DeadEventFilter(asked);
    const taken = new TakenOnce();
    let readBytes = 0;
    for await (const { records, end } of this.read(after, filter.partitions)) {
      const behind = records.filter((kept) => filter.hasRecord(kept));
      const { found, say } = await this.find(
        behind,
        (kept, event) =>
          taken.isFirst(kept, event) && filter.hasCause(event) && isBehind(kept, event, after),
      );
      readBytes += READ_BYTES;
      const matching = found.filter(({ document }) => filter.has(document));
      yield { found: matching, say, end, isLast: readBytes >= MAX_READ_BYTES };
    }
  }
}

function isBehind({ partition, record }: KeptRecord, { index }: DeadEvent, after?: Place): boolean {
  return (
    after === undefined ||
    partition !== after.partition ||
    record > after.record ||
    (record === after.record && index > after.index)
  );
}

const REASONS: Readonly<Record<(typeof DEAD_CAUSES)[number], string>> = {
  malformed_record: 'the record is no block',
  malformed_event: 'its bytes are not an event of the schema of its block',
  unknown_schema: 'nobody knew the schema of its block',
  unknown_registry_version: 'the version of the event types that its block names did not come',
  too_late: 'it was older than its type allows',
  unknown_catalog_position: 'the position of the catalogue that its block names did not come',
};

function foundOf(
  kept: KeptRecord,
  event: DeadEvent,
  { told, missing }: ShardsSay,
  sums: ReplaySums,
): FoundEvent {
  const { partition, record, dead } = kept;
  const { index, cause } = event;
  const { state, shards, openAt } = toldOf(
    index,
    told.get(keyOf({ partition, offset: dead.offset })) ?? [],
  );
  const countability = sums.countability(dead, event);
  const content = countability.event;
  const isFirst = dead.events[0] === event && dead.reason !== '';
  // Who does not answer may be the one that has settled it.
  const isKnown = missing.length === 0 || state === 'replayed';
  return {
    place: { partition, record, index },
    kept,
    event,
    document: {
      key: { partition, offset: String(dead.offset), index },
      cause,
      reason: isFirst ? `${REASONS[cause]}: ${dead.reason}` : REASONS[cause],
      appendMs: String(dead.appendMs),
      schemaId: dead.schemaId,
      registryVersion: dead.registryVersion,
      type: content?.type ?? '',
      subject: content?.subject ?? '',
      shards,
      state: isKnown ? state : 'unknown',
      length: event.length,
    },
    openAt,
    content,
    obstacle: countability.kind === 'obstacle' ? countability.reason : '',
    shard: countability.kind === 'countable' ? countability.shard : undefined,
  };
}
