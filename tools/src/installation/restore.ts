import { INSTALLATION_NODE, parseInstallation } from '@tally/placement';
import type { ZooKeeperSession } from '@tally/zookeeper';
import type { Whole } from './copies.js';

/** What became of it: how many nodes were made, or why nothing was done. */
export type Restored =
  | { readonly kind: 'restored'; readonly made: number }
  | { readonly kind: 'refused'; readonly sentence: string };

/**
 * Makes the nodes that are missing, the installation's last: services go on when all is there. Nothing
 * is changed, and nothing made where anything is other than it should be.
 */
export async function restore(
  session: ZooKeeperSession,
  { installation, nodes }: Extract<Whole, { kind: 'whole' }>,
): Promise<Restored> {
  const there = await session.get(INSTALLATION_NODE);
  if (there !== undefined) {
    const { id } = parseInstallation(JSON.parse(there.data.toString()));
    if (id !== installation.id)
      return refused(
        `ZooKeeper belongs to installation ${id}, the shards to ${installation.id}: point ` +
          'TALLY_ZOOKEEPER at the right one; one that was made by mistake has to be emptied first',
      );
  }
  const missing: [string, string][] = [];
  const other: string[] = [];
  for (const [path, data] of nodes) {
    const node = await session.get(path);
    if (node === undefined) missing.push([path, data]);
    else if (node.data.toString() !== data) other.push(path);
  }
  if (other.length > 0)
    return refused(
      `ZooKeeper is not empty, and says otherwise than the shards in ${other.join(', ')}: nothing was ` +
        'changed; take away what is wrong there, then the same again',
    );
  for (const [path, data] of missing) await session.create(path, Buffer.from(data));
  if (there === undefined) {
    await session.create(INSTALLATION_NODE, Buffer.from(JSON.stringify(installation)));
    return { kind: 'restored', made: missing.length + 1 };
  }
  return { kind: 'restored', made: missing.length };
}

function refused(sentence: string): Restored {
  return { kind: 'refused', sentence };
}
