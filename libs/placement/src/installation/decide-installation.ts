import { firstTopicOf, idOfTopic } from './installation.js';

/** What ZooKeeper says. */
export interface ZooKeeperClaim {
  /** Of the installation that it names. */
  readonly id?: string | undefined;
  /** The events topic that it names, or else the last one that a shard kept. */
  readonly topic?: string | undefined;
  /** It has no topic, no shard map and no event types. */
  readonly isEmpty: boolean;
}

/** What a shard says. */
export interface ShardClaim {
  readonly shard: number;
  /** Of the installation whose counters it has. */
  readonly id?: string | undefined;
  /** Of which it has counted events. */
  readonly topics: readonly string[];
}

/** What the log says. */
export interface LogClaim {
  /** Topics of events that it has. */
  readonly topics: readonly string[];
  /** Somebody said that other installations have topics there too. */
  readonly isShared: boolean;
}

/** Whoever decides says what it can see; what it does not see others look at. */
export interface InstallationClaims {
  readonly zookeeper: ZooKeeperClaim;
  readonly shards?: readonly ShardClaim[];
  readonly log?: LogClaim;
}

/** Whether what there is belongs together, and what may be made of it. */
export type InstallationDecision =
  /** All that say whose they are belong to this installation, and all do say. */
  | { readonly kind: 'same'; readonly id: string }
  /** Some do not say yet, and nothing speaks against it: they get the id; a new one where there is none. */
  | { readonly kind: 'adopt'; readonly id: string | undefined }
  /** Nothing is anywhere: an installation may begin. */
  | { readonly kind: 'new' }
  /** Nothing may be made or changed until a person did what the sentence says. */
  | { readonly kind: 'refuse'; readonly sentence: string };

const MEND =
  'restore it with tools/installation restore, or point TALLY_ZOOKEEPER at the right one';

/** The rule of ADR 18. */
export function decideInstallation({
  zookeeper,
  shards = [],
  log,
}: InstallationClaims): InstallationDecision {
  const sentence =
    zookeeper.id === undefined
      ? problemWithoutId(zookeeper, shards)
      : (problemOfShards(zookeeper.id, zookeeper, shards) ??
        problemOfLog(zookeeper.id, zookeeper, log));
  if (sentence !== undefined) return { kind: 'refuse', sentence };
  if (zookeeper.id === undefined)
    return zookeeper.isEmpty ? { kind: 'new' } : { kind: 'adopt', id: idOfTopic(zookeeper.topic) };
  const { id } = zookeeper;
  return shards.every((claim) => claim.id === id) ? { kind: 'same', id } : { kind: 'adopt', id };
}

/** ZooKeeper names no installation: it is new, or of before there were ids, or came back empty. */
function problemWithoutId(
  zookeeper: ZooKeeperClaim,
  shards: readonly ShardClaim[],
): string | undefined {
  const named = shards.find(({ id }) => id !== undefined);
  const what = zookeeper.isEmpty ? 'ZooKeeper is empty' : 'ZooKeeper names no installation';
  if (named !== undefined)
    return `${what}, but shard ${named.shard} belongs to installation ${named.id}: ${MEND}`;
  return problemOfUnnamed(what, zookeeper, shards);
}

function problemOfShards(
  id: string,
  zookeeper: ZooKeeperClaim,
  shards: readonly ShardClaim[],
): string | undefined {
  const other = shards.find((claim) => claim.id !== undefined && claim.id !== id);
  if (other !== undefined)
    return (
      `ZooKeeper belongs to installation ${id}, but shard ${other.shard} to ${other.id}: point ` +
      'TALLY_ZOOKEEPER or TALLY_SHARD_URL at the right one'
    );
  return problemOfUnnamed(`ZooKeeper belongs to installation ${id}`, zookeeper, shards);
}

/** A shard of before there were ids says by what it counted whose it is. */
function problemOfUnnamed(
  what: string,
  { topic }: ZooKeeperClaim,
  shards: readonly ShardClaim[],
): string | undefined {
  const foreign = shards.find(
    ({ id, topics }) =>
      id === undefined && topics.length > 0 && !(topic !== undefined && topics.includes(topic)),
  );
  if (foreign === undefined) return undefined;
  return (
    `${what} and ${topic === undefined ? 'no topic of events' : `the topic ${topic}`}, but shard ` +
    `${foreign.shard} has counted ${foreign.topics.join(', ')}: put ZooKeeper's own data back, or ` +
    'point TALLY_ZOOKEEPER or TALLY_SHARD_URL at the right one'
  );
}

/** Only before the first topic: later ones are named, and one that is missing is never made again. */
function problemOfLog(
  id: string,
  { topic }: ZooKeeperClaim,
  log: LogClaim | undefined,
): string | undefined {
  if (log === undefined || log.isShared || topic !== undefined) return undefined;
  const foreign = log.topics.find((name) => name !== firstTopicOf(id));
  if (foreign === undefined) return undefined;
  return (
    `installation ${id} is new, but the log has ${foreign} of another one: bring back the ZooKeeper ` +
    'and the shards of that log, or point KAFKA_BROKERS at another; if other installations share ' +
    'this log, set TALLY_LOG_SHARED=yes'
  );
}
