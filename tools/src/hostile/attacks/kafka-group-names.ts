import { deleteGroups, encodeRequest, joinGroup, offsetCommit } from '@tally/kafka-wire';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import type { Attack, Endpoint } from '../attack.js';
import { HOSTILE_ADDRESS, logOf, requestOfNames, topicsOf } from '../kafka-attackers.js';

const NAMES = 10_000;
const AT_ONCE = 100;
const SESSION_MS = 6000;
const JOINED_WITHIN_MS = 10_000;

export const kafkaGroupNames: Attack = {
  name: 'kafka-group-names',
  story:
    'Ten thousand names of groups that nobody has heard of get offsets committed, without a member; then somebody comes with a group of their own, and is let in.',
  door: 'log',
  async inflict({ target, pick, over }) {
    const log = logOf(target);
    const [topic = ''] = (await topicsOf(log)).keys();
    const run = pick(2 ** 30);
    const connection = await KafkaConnection.open(log.port, HOSTILE_ADDRESS);
    const names: string[] = [];
    while (!over.aborted && names.length < NAMES) {
      const some = Array.from(
        { length: AT_ONCE },
        (_, at) => `hostile-${run}-${names.length + at}`,
      );
      names.push(...some);
      await Promise.all(some.map((name) => connection.exchange(committing(name, topic))));
    }
    const joined = await joins(log, `hostile-${run}-own`);
    for (let at = 0; at < names.length; at += 1000)
      await connection.exchange(requestOfNames(deleteGroups, names.slice(at, at + 1000)));
    connection.close();
    return {
      evidence: `${names.length} names, and then ${joined === undefined ? 'a member was let in' : joined}`,
      problems: joined === undefined ? [] : [`a member of another group: ${joined}`],
    };
  },
};

function committing(groupId: string, topic: string): Buffer[] {
  return encodeRequest(offsetCommit, {
    groupId,
    generationId: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [
      { name: topic, partitions: [{ partition: 0, offset: 1n, leaderEpoch: -1, metadata: null }] },
    ],
  });
}

/** Why a member of a new group is not let in; undefined: it is. */
async function joins({ port }: Endpoint, groupId: string): Promise<string | undefined> {
  const connection = await KafkaConnection.open(port);
  const late = setTimeout(() => connection.close(), JOINED_WITHIN_MS);
  try {
    const { errorCode } = await connection.ask(
      joinGroup,
      {
        groupId,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: SESSION_MS,
        memberId: '',
        groupInstanceId: null,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
        canRejoinWithId: false,
      },
      { version: 3 },
    );
    return errorCode === 0 ? undefined : `it was refused with error ${errorCode}`;
  } catch (error) {
    return `it was not answered: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(late);
    connection.close();
  }
}
