/** What is needed of a ZooKeeperSession. */
interface Session {
  get(path: string): Promise<{ readonly data: Buffer; readonly version: number } | undefined>;
  create(path: string, data: Buffer): Promise<unknown>;
  setWithVersion(path: string, data: Buffer, version: number): Promise<{ readonly kind: string }>;
  watchData(path: string, onChange: (node: { readonly data: Buffer } | undefined) => void): unknown;
  watchChildren(path: string, onChange: (names: readonly string[]) => void): unknown;
}

const INSTALLATION = '/installation';

/** What a test says to the shard that it plays. */
export interface PlayedShard {
  /** It keeps nothing more, until `resume`. */
  pause(): void;
  resume(): void;
}

/**
 * Names an installation in ZooKeeper and plays a shard that keeps whatever is there, until the session
 * ends (docs/formats/zookeeper.md).
 */
export async function keepLikeAShard(
  session: Session,
  id = '1234567890abcdef',
): Promise<PlayedShard> {
  let isPaused = false;
  const kept: { topic?: string; eventTypes: number; shardMap: number } = {
    eventTypes: 0,
    shardMap: 0,
  };
  const text = () => Buffer.from(JSON.stringify({ id, kept }));
  await session.create(INSTALLATION, text());
  let telling = Promise.resolve();
  const tell = () => {
    if (isPaused) return;
    telling = telling.then(async () => {
      const node = await session.get(INSTALLATION);
      if (node !== undefined) await session.setWithVersion(INSTALLATION, text(), node.version);
    });
    // The session may end before what it was told last is written.
    telling = telling.catch(() => undefined);
  };
  session.watchData('/topics/events', (node) => {
    if (node === undefined) return;
    const { name } = JSON.parse(node.data.toString()) as { readonly name: string };
    kept.topic = name;
    tell();
  });
  session.watchChildren('/event-types/versions', (names) => {
    kept.eventTypes = Math.max(kept.eventTypes, ...names.map(Number));
    tell();
  });
  return {
    pause: () => void (isPaused = true),
    resume: () => {
      isPaused = false;
      tell();
    },
  };
}
