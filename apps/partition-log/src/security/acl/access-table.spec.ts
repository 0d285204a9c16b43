import { describe, expect, it } from '@jest/globals';
import {
  CONFIG_RESOURCE,
  GROUP_KEY,
  type ApiName,
  type ByTopic,
  type RequestOf,
} from '@tally/kafka-wire';
import { createLogger } from '@tally/service-kit';
import { OPEN } from '../authentication.js';
import { parseAclRules } from './acl-rules.js';
import { Authorization } from './authorization.js';

const [TOPIC, GROUP, CLUSTER] = [29, 30, 31];
type Free = 'apiVersions' | 'saslHandshake' | 'saslAuthenticate';

/** One request, what a user needs to have it answered, and with which code others are refused. */
interface Case<N extends ApiName> {
  readonly request: RequestOf<N>;
  /** A line for each right that is needed, without the user. */
  readonly needs: readonly string[];
  readonly refused: number;
}

const of = <P>(partition: P): ByTopic<P>[] => [{ name: 't', partitions: [partition] }];
const member = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null };
const topicResource = { type: CONFIG_RESOURCE.topic, name: 't', names: null };
const aclFilter = {
  type: 2,
  name: 't',
  pattern: 3,
  principal: null,
  host: null,
  operation: 1,
  permission: 1,
};
const onTopic = (operation: string) => [`${operation} topic literal t`];
const onGroup = (operation: string) => [`${operation} group literal g`];

/** Every API that needs a right. A new one does not compile without a case. */
const CASES: { readonly [N in Exclude<ApiName, Free>]: Case<N> } = {
  produce: {
    request: {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1,
      topics: of({ partition: 0, records: null }),
    },
    needs: onTopic('write'),
    refused: TOPIC,
  },
  fetch: {
    request: {
      maxWaitMs: 1000,
      minBytes: 1,
      maxBytes: 1,
      sessionId: 0,
      sessionEpoch: -1,
      topics: of({ partition: 0, currentLeaderEpoch: -1, fetchOffset: 0n, maxBytes: 1 }),
    },
    needs: onTopic('read'),
    refused: TOPIC,
  },
  listOffsets: {
    request: { topics: of({ partition: 0, currentLeaderEpoch: -1, timestamp: -1n }) },
    needs: onTopic('describe'),
    refused: TOPIC,
  },
  offsetForLeaderEpoch: {
    request: { topics: of({ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }) },
    needs: onTopic('describe'),
    refused: TOPIC,
  },
  deleteRecords: {
    request: { topics: of({ partition: 0, before: 1n }) },
    needs: onTopic('delete'),
    refused: TOPIC,
  },
  initProducerId: {
    request: { transactionalId: null },
    needs: ['idempotent-write cluster'],
    refused: CLUSTER,
  },
  metadata: { request: { topics: ['t'] }, needs: onTopic('describe'), refused: TOPIC },
  createTopics: {
    request: {
      topics: [{ name: 't', partitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      validateOnly: false,
    },
    needs: onTopic('create'),
    refused: TOPIC,
  },
  createPartitions: {
    request: { topics: [{ name: 't', count: 2, assignments: null }], validateOnly: false },
    needs: onTopic('alter'),
    refused: TOPIC,
  },
  deleteTopics: { request: { topics: ['t'] }, needs: onTopic('delete'), refused: TOPIC },
  describeConfigs: {
    request: { resources: [topicResource], withSynonyms: false, withDocumentation: false },
    needs: onTopic('describe-configs'),
    refused: TOPIC,
  },
  alterConfigs: {
    request: { resources: [{ ...topicResource, configs: [] }], validateOnly: false },
    needs: onTopic('alter-configs'),
    refused: TOPIC,
  },
  incrementalAlterConfigs: {
    request: { resources: [{ ...topicResource, configs: [] }], validateOnly: false },
    needs: onTopic('alter-configs'),
    refused: TOPIC,
  },
  describeAcls: { request: aclFilter, needs: ['describe cluster'], refused: CLUSTER },
  createAcls: {
    request: {
      creations: [
        {
          type: 2,
          name: 't',
          pattern: 3,
          principal: 'User:ann',
          host: '*',
          operation: 2,
          permission: 3,
        },
      ],
    },
    needs: ['alter cluster'],
    refused: CLUSTER,
  },
  deleteAcls: { request: { filters: [aclFilter] }, needs: ['alter cluster'], refused: CLUSTER },
  describeLogDirs: {
    request: { topics: [{ name: 't', partitions: [0] }] },
    needs: ['describe cluster'],
    refused: CLUSTER,
  },
  electLeaders: {
    request: { election: 0, topics: [{ name: 't', partitions: [0] }] },
    needs: ['alter cluster'],
    refused: CLUSTER,
  },
  alterPartitionReassignments: {
    request: { topics: of({ partition: 0, replicas: [1] }) },
    needs: ['alter cluster'],
    refused: CLUSTER,
  },
  listPartitionReassignments: {
    request: { topics: [{ name: 't', partitions: [0] }] },
    needs: ['describe cluster'],
    refused: CLUSTER,
  },
  findCoordinator: {
    request: { key: 'g', keyType: GROUP_KEY },
    needs: onGroup('describe'),
    refused: GROUP,
  },
  joinGroup: {
    request: {
      groupId: 'g',
      sessionTimeoutMs: 1,
      rebalanceTimeoutMs: 1,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [],
      canRejoinWithId: true,
    },
    needs: onGroup('read'),
    refused: GROUP,
  },
  syncGroup: { request: { ...member, assignments: [] }, needs: onGroup('read'), refused: GROUP },
  heartbeat: { request: member, needs: onGroup('read'), refused: GROUP },
  leaveGroup: { request: { groupId: 'g', members: [] }, needs: onGroup('read'), refused: GROUP },
  offsetCommit: {
    request: {
      ...member,
      topics: of({ partition: 0, offset: 1n, leaderEpoch: -1, metadata: null }),
    },
    needs: [...onGroup('read'), ...onTopic('read')],
    refused: GROUP,
  },
  offsetFetch: {
    request: { groupId: 'g', topics: of(0) },
    needs: [...onGroup('describe'), ...onTopic('describe')],
    refused: GROUP,
  },
  offsetDelete: {
    request: { groupId: 'g', topics: of(0) },
    needs: [...onGroup('delete'), ...onTopic('read')],
    refused: GROUP,
  },
  describeGroups: { request: { groups: ['g'] }, needs: onGroup('describe'), refused: GROUP },
  // Nobody is refused: groups that one may not see are left out.
  listGroups: { request: { states: [] }, needs: [], refused: 0 },
  deleteGroups: { request: { groups: ['g'] }, needs: onGroup('delete'), refused: GROUP },
};

/** What a handler says that finds nothing. */
const NOTHING_FOUND = { errorCode: 0, topics: [], groups: [], resources: [], members: [] };
const ELSE = 'User:nobody all cluster';
const logger = createLogger('test', { instance: 'i', logLevel: 'error' });
logger.level = 'silent';

/** Asks as ann, who has these rights; with what the handler was asked. */
async function ask(
  api: ApiName,
  request: unknown,
  needs: readonly string[],
  found: unknown = NOTHING_FOUND,
) {
  const lines = [ELSE, ...needs.map((right) => `User:ann ${right}`)];
  const rules = parseAclRules(`${lines.join('\n')}\n`);
  let refusals = 0;
  const onRefused = () => void refusals++;
  const authorization = new Authorization((user) => rules.of(user), logger, onRefused);
  const caller = {
    clientId: '',
    clientHost: 'here',
    signal: new AbortController().signal,
    reserveAnswer: () => Promise.resolve(),
    authentication: { ...OPEN, user: 'ann' },
  };
  const asked: unknown[] = [];
  const answer = await authorization.ask(api, request, caller, async (allowed) => {
    asked.push(allowed);
    return found;
  });
  return { answer, asked, refusals };
}

/** All error codes in an answer but 0. */
function errorsIn(answer: unknown): number[] {
  if (typeof answer !== 'object' || answer === null || Buffer.isBuffer(answer)) return [];
  const own = 'errorCode' in answer && answer.errorCode !== 0 ? [Number(answer.errorCode)] : [];
  return [...own, ...Object.values(answer).flatMap((part) => errorsIn(part))];
}

/** Whether a handler was asked to do something to something. */
function namesSomething(request: unknown): boolean {
  const parts = Object.entries(request as object);
  return parts.some(([, part]) => Array.isArray(part) && part.length > 0);
}

const cases = Object.entries(CASES).map(([api, one]) => ({ api: api as ApiName, ...one }));
const guarded = cases.filter(({ needs }) => needs.length > 0);

describe('an API', () => {
  it.each(guarded)('$api is refused without a right, and nothing happens', async (one) => {
    const { answer, asked, refusals } = await ask(one.api, one.request, []);
    expect(new Set(errorsIn(answer))).toEqual(new Set([one.refused]));
    expect(asked.filter((request) => namesSomething(request))).toEqual([]);
    expect(refusals).toBeGreaterThan(0);
  });

  it.each(cases)('$api is served with just what it needs', async (one) => {
    const { answer, asked, refusals } = await ask(one.api, one.request, one.needs);
    expect(asked).toEqual([one.request]);
    expect(errorsIn(answer)).toEqual([]);
    expect(refusals).toBe(0);
  });

  it.each(guarded)('$api is refused with every right but one that it needs', async (one) => {
    for (const missing of one.needs) {
      const [, type = '', , name] = missing.split(' ');
      const others = one.needs.filter((right) => right !== missing);
      const elsewhere =
        name === undefined ? [] : [`all ${type} literal another`, `all ${type} prefixed ${name}-`];
      const rights = [...others, ...elsewhere];
      const { answer, asked } = await ask(one.api, one.request, rights);
      const code = type === 'topic' ? TOPIC : type === 'group' ? GROUP : CLUSTER;
      if (one.api !== 'initProducerId') expect(new Set(errorsIn(answer))).toEqual(new Set([code]));
      expect(asked.filter((request) => namesSomething(request))).toEqual([]);
    }
  });
});

describe('a request for several things', () => {
  it('is carried out for those that are allowed, and refused for the others', async () => {
    const { answer, asked } = await ask(
      'deleteTopics',
      { topics: ['t', 'other'] },
      onTopic('delete'),
    );
    expect(asked).toEqual([{ topics: ['t'] }]);
    expect(answer).toMatchObject({ topics: [{ name: 'other', errorCode: TOPIC }] });
  });

  it('of records waits for nothing where nothing is allowed', async () => {
    const { asked } = await ask('fetch', CASES.fetch.request, []);
    expect(asked).toMatchObject([{ maxWaitMs: 0, topics: [] }]);
  });
});

describe('what is not named is left out', () => {
  const topics = ['t', 'other'].map((name) => ({ errorCode: 0, name, partitions: [] }));

  it('in the list of all topics', async () => {
    const all = { topics: null };
    const found = { ...NOTHING_FOUND, topics };
    const { answer, refusals } = await ask('metadata', all, onTopic('describe'), found);
    expect(answer).toMatchObject({ topics: [{ name: 't' }] });
    expect(answer).not.toMatchObject({ topics: { length: 2 } });
    expect(refusals).toBe(0);
  });

  it('in all offsets of a group', async () => {
    const all = { groupId: 'g', topics: null };
    const found = { ...NOTHING_FOUND, topics };
    const rights = [...onGroup('describe'), ...onTopic('describe')];
    expect((await ask('offsetFetch', all, rights, found)).answer).toMatchObject({
      topics: [{ name: 't' }],
    });
  });

  it('in the list of groups, unless the whole cluster may be seen', async () => {
    const groups = ['g', 'other'].map((groupId) => ({ groupId, protocolType: '' }));
    const found = { ...NOTHING_FOUND, groups };
    const few = await ask('listGroups', { states: [] }, onGroup('describe'), found);
    expect(few.answer).toMatchObject({ groups: [{ groupId: 'g' }] });
    const all = await ask('listGroups', { states: [] }, ['describe cluster'], found);
    expect(all.answer).toMatchObject({ groups });
  });
});

describe('as in Kafka', () => {
  it('who may write to any topic may do so without duplicates', async () => {
    const { request } = CASES.initProducerId;
    expect((await ask('initProducerId', request, onTopic('write'))).asked).toEqual([request]);
  });

  it('who may create anything may create a topic of any name', async () => {
    const { request } = CASES.createTopics;
    expect((await ask('createTopics', request, ['create cluster'])).asked).toEqual([request]);
  });

  it('the settings of the node are those of the cluster', async () => {
    const request = {
      resources: [{ type: CONFIG_RESOURCE.broker, name: '1', names: null }],
      withSynonyms: false,
      withDocumentation: false,
    };
    expect(errorsIn((await ask('describeConfigs', request, [])).answer)).toEqual([CLUSTER]);
    const allowed = await ask('describeConfigs', request, ['describe-configs cluster']);
    expect(allowed.asked).toEqual([request]);
  });
});
