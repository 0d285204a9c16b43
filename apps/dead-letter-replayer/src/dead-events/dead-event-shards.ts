import { TallyError, type shardProxy } from '@tally/contracts';
import type { ToldRecord } from '@tally/counting';
import type { Peer } from '@tally/discovery';
import type { ShardMap } from '@tally/placement';

/** What the shards say, by `partition/offset` of the record; and those that did not answer. */
export interface ShardsSay {
  readonly told: ReadonlyMap<string, readonly ToldRecord[]>;
  readonly missing: readonly number[];
}

/** A record of the log. */
export interface RecordKey {
  readonly partition: number;
  readonly offset: bigint;
}

export const keyOf = ({ partition, offset }: RecordKey): string => `${partition}/${offset}`;

/** The shards, as far as they have to do with dead events. */
export class DeadEventShards {
  constructor(
    private readonly clusterProxy: Peer,
    private readonly deadlineMs: number,
  ) {}

  /** What every shard of the map was told of these records. */
  async say(topic: string, map: ShardMap, keys: Iterable<RecordKey>): Promise<ShardsSay> {
    const unique = new Map([...keys].map((key) => [keyOf(key), key]));
    const records = Array.from(unique.values(), ({ partition, offset }) => ({
      partition: { topic, partition },
      offset: String(offset),
    }));
    const told = new Map<string, ToldRecord[]>();
    const missing: number[] = [];
    if (records.length === 0) return { told, missing };
    const ask = async (shard: number) => {
      const answer = await this.ask<shardProxy.ReadDeadEventsResponse>(shard, 'ReadDeadEvents', {
        ...of(shard, map),
        records,
      });
      if (answer === undefined) return void missing.push(shard);
      for (const { place, ...states } of answer.records) {
        const offset = BigInt(place?.offset ?? 0);
        const key = keyOf({ partition: place?.partition?.partition ?? 0, offset });
        const known = told.get(key);
        if (known === undefined) told.set(key, [{ shard, ...states }]);
        else known.push({ shard, ...states });
      }
    };
    await Promise.all(map.shards.map(ask));
    return { told, missing: missing.sort((one, other) => one - other) };
  }

  /** True: they are settled; false: some are not open; undefined: nobody knows. TallyError for a refusal. */
  async settle(
    request: Omit<shardProxy.SettleDeadEventsRequest, 'epoch'>,
    map: ShardMap,
  ): Promise<boolean | undefined> {
    const { shard } = request;
    const asked = { ...request, ...of(shard, map) };
    const method = 'SettleDeadEvents';
    return (await this.ask<shardProxy.SettleDeadEventsResponse>(shard, method, asked))?.settled;
  }

  /** What people did, by shard. */
  async actions(
    map: ShardMap,
    beforeMs: string | undefined,
    limit: number,
  ): Promise<{
    readonly actions: readonly shardProxy.DeadEventAction[];
    readonly missing: readonly number[];
  }> {
    const answers = await Promise.all(
      map.shards.map(async (shard) => {
        const question = { ...of(shard, map), beforeMs, limit };
        const method = 'ListDeadEventActions';
        return [
          shard,
          await this.ask<shardProxy.DeadEventActionsResponse>(shard, method, question),
        ] as const;
      }),
    );
    return {
      actions: answers.flatMap(([, answer]) => answer?.actions ?? []),
      missing: answers.flatMap(([shard, answer]) => (answer === undefined ? [shard] : [])),
    };
  }

  /** Undefined while waiting may help. */
  private async ask<Answer>(
    shard: number,
    method: string,
    request: object,
  ): Promise<Answer | undefined> {
    const { clusterProxy, deadlineMs } = this;
    try {
      return await clusterProxy.client.call<Answer>(method, request, {
        deadlineMs,
        idempotent: true,
      });
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      if (error.retryable || error.code === 'stale_epoch') return undefined;
      throw new TallyError('internal', `shard ${shard} refuses ${method}`, { cause: error });
    }
  }
}

function of(shard: number, map: ShardMap) {
  return { shard, epoch: String(map.epoch) };
}
