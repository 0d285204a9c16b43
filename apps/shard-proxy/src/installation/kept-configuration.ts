import { EVENT_TYPES_NODE, TallyError } from '@tally/contracts';
import { keepNodes, lastKeptPath, readKeptNode, replaceNode } from '@tally/count-store';
import {
  parseEventsTopic,
  SHARD_MAP_NODE,
  ShardMap,
  TOPICS_NODE,
  type Installation,
  type ShardMapDocument,
} from '@tally/placement';
import type { ZooKeeperSession } from '@tally/zookeeper';
import type pg from 'pg';

/** Names of versions are ten digits. */
const VERSIONS = { after: `${EVENT_TYPES_NODE}/`, to: `${EVENT_TYPES_NODE}/9999999999` };
const DIGITS = 10;
/** Versions that are read, and kept in one statement. */
const BATCH = 64;

/** What of ZooKeeper's configuration this shard has after a pass, and what does not go together. */
export interface Kept {
  readonly kept: Installation['kept'];
  readonly shardMap: ShardMapDocument | undefined;
  readonly problems: readonly string[];
}

/**
 * The shard's durable copy of the events topic, the shard map and the event types. A ZooKeeper that has
 * less or other than the copy is never followed back: the copy stays, and the difference is told.
 */
export class KeptConfiguration {
  /** Everything is compared once by each process; later only what is new is looked at. */
  private comparedTo = 0;

  constructor(
    private readonly shard: number,
    private readonly session: ZooKeeperSession,
    private readonly pool: pg.Pool,
  ) {}

  /** Takes over what ZooKeeper has, which must be of the shard's own installation. TallyError. */
  async takeOver(): Promise<Kept> {
    const problems: string[] = [];
    const shardMap = await this.keepShardMap(problems);
    const topic = await this.keepTopic();
    const eventTypes = await this.keepVersions(problems);
    return { kept: { topic, eventTypes, shardMap: shardMap?.epoch ?? 0 }, shardMap, problems };
  }

  private async keepTopic(): Promise<string | undefined> {
    const data = await this.textOf(TOPICS_NODE);
    // Somebody may have taken it away to begin another: runbook of lost records.
    if (data === undefined) return undefined;
    const { name } = parsed(TOPICS_NODE, data, parseEventsTopic);
    if (data !== (await this.keptText(TOPICS_NODE)))
      await replaceNode(this.pool, { path: TOPICS_NODE, data });
    return name;
  }

  private async keepShardMap(problems: string[]): Promise<ShardMapDocument | undefined> {
    const [given, kept] = await Promise.all([
      this.textOf(SHARD_MAP_NODE),
      this.keptText(SHARD_MAP_NODE),
    ]);
    const ours = kept && parsed(SHARD_MAP_NODE, kept, ShardMap.parseDocument);
    if (given === undefined) {
      if (ours) problems.push(`ZooKeeper has no shard map, shard ${this.shard} keeps one`);
      return ours || undefined;
    }
    const theirs = parsed(SHARD_MAP_NODE, given, ShardMap.parseDocument);
    if (ours && theirs.epoch <= ours.epoch) {
      if (given !== kept)
        problems.push(
          `ZooKeeper has a shard map of epoch ${theirs.epoch}, shard ${this.shard} keeps another one ` +
            `of epoch ${ours.epoch}`,
        );
      return ours;
    }
    await replaceNode(this.pool, { path: SHARD_MAP_NODE, data: given });
    return theirs;
  }

  /** The last version up to which all are kept as ZooKeeper has them, or had them. */
  private async keepVersions(problems: string[]): Promise<number> {
    const kept = numberOf(await lastKeptPath(this.pool, VERSIONS));
    const there = new Set((await this.session.children(EVENT_TYPES_NODE)).map(Number));
    let last = 0;
    while (there.has(last + 1)) last += 1;
    if (last < kept)
      problems.push(
        `ZooKeeper has event types up to version ${last}, shard ${this.shard} keeps ${kept}`,
      );
    for (let from = Math.min(this.comparedTo, kept) + 1; from <= last; from += BATCH) {
      const nodes = await this.readVersions(from, Math.min(last, from + BATCH - 1));
      const [other] = await keepNodes(this.pool, nodes);
      if (other !== undefined) {
        const version = numberOf(other);
        problems.push(
          `version ${version} of the event types is another in ZooKeeper than the one that shard ` +
            `${this.shard} keeps`,
        );
        return Math.min(kept, version - 1);
      }
    }
    this.comparedTo = last;
    return Math.max(last, kept);
  }

  private async readVersions(from: number, to: number) {
    const paths = Array.from({ length: to - from + 1 }, (_, index) => pathOf(from + index));
    return Promise.all(
      paths.map(async (path) => {
        const data = await this.textOf(path);
        if (data === undefined)
          throw new TallyError('unavailable', `${path} vanished from ZooKeeper`);
        return { path, data };
      }),
    );
  }

  private async textOf(path: string): Promise<string | undefined> {
    return (await this.session.get(path))?.data.toString();
  }

  private async keptText(path: string): Promise<string | undefined> {
    return (await readKeptNode(this.pool, path))?.data;
  }
}

function parsed<T>(path: string, data: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(data));
  } catch (cause) {
    throw new TallyError('internal', `${path} is not valid: ${String(cause)}`, { cause });
  }
}

function pathOf(version: number): string {
  return `${EVENT_TYPES_NODE}/${String(version).padStart(DIGITS, '0')}`;
}

function numberOf(path: string | undefined): number {
  return path === undefined ? 0 : Number(path.slice(-DIGITS));
}
