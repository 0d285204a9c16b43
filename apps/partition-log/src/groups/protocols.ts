import type { JoinGroupRequest } from '@tally/kafka-wire';

/** Ways to share partitions that a client knows, in order of preference, each with what it says there. */
export type Protocols = JoinGroupRequest['protocols'];

/** Who knows some of them: a member. */
interface Speaker {
  readonly protocols: Protocols;
}

/** Whether there is a protocol that the newcomer and every member speak. */
export function sharesProtocol(protocols: Protocols, members: readonly Speaker[]): boolean {
  return protocols.some(({ name }) => members.every((member) => speaks(member, name)));
}

/** The protocol that all speak and most prefer; there is one, since nobody else was let in. */
export function chooseProtocol(members: readonly Speaker[]): string {
  const common = (members[0]?.protocols ?? [])
    .map(({ name }) => name)
    .filter((name) => members.every((member) => speaks(member, name)));
  const votes = new Map(common.map((name) => [name, 0]));
  for (const { protocols } of members) {
    const favourite = protocols.find(({ name }) => votes.has(name));
    if (favourite !== undefined) {
      votes.set(favourite.name, (votes.get(favourite.name) ?? 0) + 1);
    }
  }
  const [best] = [...votes].toSorted(([, a], [, b]) => b - a);
  return best?.[0] ?? '';
}

function speaks({ protocols }: Speaker, name: string): boolean {
  return protocols.some((protocol) => protocol.name === name);
}

/** Copies: a view would keep the whole request. */
export function copyProtocols(protocols: Protocols): Protocols {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}

/** What keeping them costs, about. */
export function bytesOfProtocols(protocols: Protocols): number {
  const overhead = 64;
  return protocols.reduce(
    (sum, { name, metadata }) => sum + overhead + name.length + metadata.length,
    0,
  );
}
