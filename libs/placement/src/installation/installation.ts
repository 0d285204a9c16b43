import { randomBytes } from 'node:crypto';
import { parseDocument } from '@tally/contracts';
import { z } from 'zod';

/** Path of the node that says which Tally this ZooKeeper belongs to. */
export const INSTALLATION_NODE = '/installation';

const ID = /^[0-9a-f]{16}$/;
const COUNT = 'expected a whole number of what is kept';

const INSTALLATION = z
  .object(
    {
      id: z.string('expected an id').regex(ID, 'expected an id of 16 hexadecimal digits'),
      kept: z
        .object(
          {
            topic: z.string('expected the name of a topic').optional(),
            eventTypes: z.int(COUNT).min(0, COUNT),
            shardMap: z.int(COUNT).min(0, COUNT),
          },
          'expected what is kept',
        )
        .readonly(),
    },
    'expected an installation',
  )
  .readonly();

/**
 * One Tally: what its ZooKeeper, its log and its shards have in common. `kept` is what at least one
 * shard has a durable copy of, so that it may be used: the name of the events topic (none before the
 * first), the last version of the event types and the epoch of the shard map (0 before the first).
 */
export type Installation = z.output<typeof INSTALLATION>;

/** RangeError that says what is wrong. */
export function parseInstallation(value: unknown): Installation {
  return parseDocument(INSTALLATION, value);
}

/** Of a system that is set up now; nothing is kept yet. */
export function newInstallation(id: string): Installation {
  return { id, kept: { eventTypes: 0, shardMap: 0 } };
}

/** A new id: 64 random bits, as 16 hexadecimal digits. */
export function newInstallationId(): string {
  return randomBytes(8).toString('hex');
}

/** The first events topic bears the id: by it the log says whose it is. */
export function firstTopicOf(id: string): string {
  return `events-${id}`;
}

/** The id that an installation of before ids gets: that of its topic; undefined when it has none. */
export function idOfTopic(topic: string | undefined): string | undefined {
  const id = topic?.slice('events-'.length);
  return id !== undefined && ID.test(id) ? id : undefined;
}
