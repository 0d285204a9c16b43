import { EVENT_TYPES_NODE } from '@tally/contracts';
import {
  parseEventsTopic,
  SHARD_MAP_NODE,
  ShardMap,
  TOPICS_NODE,
  type Installation,
} from '@tally/placement';

/** What one shard says of itself, and its copy of ZooKeeper's nodes: JSON by path. */
export interface ShardCopy {
  readonly shard: number;
  readonly id: string | undefined;
  readonly topics: readonly string[];
  readonly nodes: ReadonlyMap<string, string>;
}

/** What ZooKeeper has to hold, or why nobody can tell. */
export type Whole =
  | {
      readonly kind: 'whole';
      readonly installation: Installation;
      readonly nodes: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'unclear'; readonly sentence: string };

/**
 * The whole configuration from what shards keep. Each may be behind the others, as it is while it is
 * away; two that say different things are not reconciled.
 */
export function wholeOf(copies: readonly ShardCopy[], from?: number): Whole {
  const asked = from === undefined ? copies : copies.filter(({ shard }) => shard === from);
  const named = asked.filter(({ id }) => id !== undefined);
  const [first] = named;
  if (first?.id === undefined)
    return unclear(
      from === undefined
        ? 'no shard that answers belongs to an installation: there is nothing to restore from'
        : `shard ${from} does not answer, or belongs to no installation`,
    );
  const other = named.find(({ id }) => id !== first.id);
  if (other !== undefined)
    return unclear(
      `shard ${first.shard} belongs to installation ${first.id}, shard ${other.shard} to ${other.id}: ` +
        'name the one that is right with --from',
    );
  const nodes = new Map<string, string>();
  const sources = new Map<string, number>();
  for (const { shard, nodes: kept } of named)
    for (const [path, data] of kept) {
      const choice = chosen(path, nodes.get(path), data);
      if (choice === undefined)
        return unclear(
          `shards ${sources.get(path)} and ${shard} keep different states of ${path}: name the one ` +
            'that is right with --from',
        );
      nodes.set(path, choice);
      if (choice === data) sources.set(path, shard);
    }
  const shardMap = parsed(nodes.get(SHARD_MAP_NODE), (value) => ShardMap.parse(value));
  const missing = shardMap?.shards.find((shard) => !copies.some((copy) => copy.shard === shard));
  if (missing !== undefined && from === undefined)
    return unclear(
      `shard ${missing} does not answer: start its shard-proxy, or name the copy to use with --from`,
    );
  const eventTypes = [...nodes.keys()].filter((path) => path.startsWith(`${EVENT_TYPES_NODE}/`));
  const gap = eventTypes.sort().findIndex((path, index) => Number(path.slice(-10)) !== index + 1);
  if (gap >= 0) return unclear(`no shard keeps version ${gap + 1} of the event types`);
  return {
    kind: 'whole',
    nodes,
    installation: {
      id: first.id,
      kept: {
        topic: parsed(nodes.get(TOPICS_NODE), parseEventsTopic)?.name,
        eventTypes: eventTypes.length,
        shardMap: shardMap?.epoch ?? 0,
      },
    },
  };
}

/** Of a shard map the one of the greater epoch; of all else both have to be the same. */
function chosen(path: string, one: string | undefined, other: string): string | undefined {
  if (one === undefined || one === other) return other;
  if (path !== SHARD_MAP_NODE) return undefined;
  const [oneEpoch = 0, otherEpoch = 0] = [one, other].map(
    (data) => ShardMap.parse(JSON.parse(data)).epoch,
  );
  if (oneEpoch === otherEpoch) return undefined;
  return oneEpoch > otherEpoch ? one : other;
}

function parsed<T>(data: string | undefined, parse: (value: unknown) => T): T | undefined {
  return data === undefined ? undefined : parse(JSON.parse(data));
}

function unclear(sentence: string): Whole {
  return { kind: 'unclear', sentence };
}
