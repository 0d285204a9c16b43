import {
  CONFIG_RESOURCE,
  GROUP_KEY,
  KAFKA_ERRORS,
  type ApiName,
  type ByTopic,
  type ConfigResource,
  type RequestOf,
  type ResponseOf,
} from '@tally/kafka-wire';
import type { Check } from './check.js';

type Answer<N extends ApiName> = Promise<ResponseOf<N> | undefined>;

/** Asks the handler for what is allowed of a request, and answers for the rest. */
export type Guard<N extends ApiName> = (
  request: RequestOf<N>,
  check: Check,
  ask: (request: RequestOf<N>) => Answer<N>,
) => Answer<N>;

const TOPIC_REFUSED: number = KAFKA_ERRORS.TOPIC_AUTHORIZATION_FAILED;
const GROUP_REFUSED: number = KAFKA_ERRORS.GROUP_AUTHORIZATION_FAILED;
const CLUSTER_REFUSED: number = KAFKA_ERRORS.CLUSTER_AUTHORIZATION_FAILED;
const NOTHING = Buffer.alloc(0);

/**
 * What each API needs, and how it says no: as Apache Kafka does. A topic that one may not see looks the same
 * whether it is there or not. There is no API without an entry.
 */
export const ACCESS: { readonly [N in ApiName]: Guard<N> } = {
  apiVersions: (request, _check, ask) => ask(request),
  saslHandshake: (request, _check, ask) => ask(request),
  saslAuthenticate: (request, _check, ask) => ask(request),

  produce: (request, check, ask) =>
    partly(
      request.topics,
      ({ name }) => check.demand('write', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) =>
        withTopics(answer, denied, ({ partition }) => ({
          partition,
          errorCode: TOPIC_REFUSED,
          errorMessage: null,
          baseOffset: -1n,
          logAppendTimeMs: -1n,
          logStartOffset: -1n,
        })),
    ),
  fetch: (request, check, ask) =>
    partly(
      request.topics,
      ({ name }) => check.demand('read', 'topic', name),
      // Nothing that is allowed is nothing to wait for.
      (topics) => ask({ ...request, topics, ...(topics.length === 0 ? { maxWaitMs: 0 } : {}) }),
      (answer, denied) =>
        withTopics(answer, denied, ({ partition }) => ({
          partition,
          errorCode: TOPIC_REFUSED,
          records: [],
          highWatermark: -1n,
          lastStableOffset: -1n,
          logStartOffset: -1n,
        })),
    ),
  listOffsets: (request, check, ask) =>
    partly(
      request.topics,
      ({ name }) => check.demand('describe', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) =>
        withTopics(answer, denied, ({ partition }) => ({
          partition,
          errorCode: TOPIC_REFUSED,
          timestamp: -1n,
          offset: -1n,
          leaderEpoch: -1,
        })),
    ),
  offsetForLeaderEpoch: (request, check, ask) =>
    partly(
      request.topics,
      ({ name }) => check.demand('describe', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) =>
        withTopics(answer, denied, ({ partition }) => ({
          partition,
          errorCode: TOPIC_REFUSED,
          leaderEpoch: -1,
          endOffset: -1n,
        })),
    ),
  deleteRecords: (request, check, ask) =>
    partly(
      request.topics,
      ({ name }) => check.demand('delete', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) =>
        withTopics(answer, denied, ({ partition }) => ({
          partition,
          errorCode: TOPIC_REFUSED,
          lowWatermark: -1n,
        })),
    ),
  // Whoever may write at all may do so without duplicates (KIP-679).
  initProducerId: async (request, check, ask) =>
    check.mayAny('write', 'topic') || check.demand('idempotent-write', 'cluster')
      ? ask(request)
      : { errorCode: CLUSTER_REFUSED, producerId: -1n, producerEpoch: -1 },

  metadata: async (request, check, ask) => {
    if (request.topics === null) {
      const answer = await ask(request);
      if (answer === undefined) return undefined;
      const topics = answer.topics.filter(({ name }) => check.may('describe', 'topic', name));
      return { ...answer, topics };
    }
    return partly(
      // Each once, as in its answer.
      [...new Set(request.topics)],
      (name) => check.demand('describe', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) => {
        const refused = denied.map((name) => ({
          errorCode: TOPIC_REFUSED,
          name,
          isInternal: false,
          partitions: [],
        }));
        return { ...answer, topics: [...answer.topics, ...refused] };
      },
    );
  },
  createTopics: (request, check, ask) =>
    partly(
      request.topics,
      ({ name }) => check.may('create', 'cluster') || check.demand('create', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) => ({ topics: [...answer.topics, ...denied.map(refusedTopic)] }),
    ),
  createPartitions: (request, check, ask) =>
    partly(
      request.topics,
      ({ name }) => check.demand('alter', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) => ({ topics: [...answer.topics, ...denied.map(refusedTopic)] }),
    ),
  deleteTopics: (request, check, ask) =>
    partly(
      request.topics,
      (name) => check.demand('delete', 'topic', name),
      (topics) => ask({ topics }),
      (answer, denied) => {
        const refused = denied.map((name) => ({ name, errorCode: TOPIC_REFUSED }));
        return { topics: [...answer.topics, ...refused] };
      },
    ),
  describeConfigs: (request, check, ask) =>
    partly(
      request.resources,
      (resource) => mayConfigure(check, 'describe-configs', resource),
      (resources) => ask({ ...request, resources }),
      (answer, denied) => {
        const refused = denied.map((resource) => ({ ...refusedResource(resource), configs: [] }));
        return { resources: [...answer.resources, ...refused] };
      },
    ),
  alterConfigs: (request, check, ask) =>
    partly(
      request.resources,
      (resource) => mayConfigure(check, 'alter-configs', resource),
      (resources) => ask({ ...request, resources }),
      (answer, denied) => ({ resources: [...answer.resources, ...denied.map(refusedResource)] }),
    ),
  incrementalAlterConfigs: (request, check, ask) =>
    partly(
      request.resources,
      (resource) => mayConfigure(check, 'alter-configs', resource),
      (resources) => ask({ ...request, resources }),
      (answer, denied) => ({ resources: [...answer.resources, ...denied.map(refusedResource)] }),
    ),

  findCoordinator: async (request, check, ask) =>
    // There are none of transactions, and it says so to everybody.
    request.keyType !== GROUP_KEY || check.demand('describe', 'group', request.key)
      ? ask(request)
      : { errorCode: GROUP_REFUSED, errorMessage: null, nodeId: -1, host: '', port: -1 },
  joinGroup: async (request, check, ask) =>
    check.demand('read', 'group', request.groupId)
      ? ask(request)
      : {
          errorCode: GROUP_REFUSED,
          generationId: -1,
          protocolName: '',
          leader: '',
          memberId: request.memberId,
          members: [],
        },
  syncGroup: async (request, check, ask) =>
    check.demand('read', 'group', request.groupId)
      ? ask(request)
      : { errorCode: GROUP_REFUSED, assignment: NOTHING },
  heartbeat: async (request, check, ask) =>
    check.demand('read', 'group', request.groupId) ? ask(request) : { errorCode: GROUP_REFUSED },
  leaveGroup: async (request, check, ask) =>
    check.demand('read', 'group', request.groupId)
      ? ask(request)
      : { errorCode: GROUP_REFUSED, members: [] },
  offsetCommit: async (request, check, ask) => {
    const mayCommit = check.demand('read', 'group', request.groupId);
    const errorCode = mayCommit ? TOPIC_REFUSED : GROUP_REFUSED;
    const refused = ({ partition }: { readonly partition: number }) => ({ partition, errorCode });
    const none: ResponseOf<'offsetCommit'> = { topics: [] };
    if (!mayCommit) return withTopics(none, request.topics, refused);
    return partly(
      request.topics,
      ({ name }) => check.demand('read', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) => withTopics(answer, denied, refused),
    );
  },
  offsetFetch: async (request, check, ask) => {
    const { groupId, topics: named } = request;
    const refused = (errorCode: number) => (partition: number) => ({
      partition,
      errorCode,
      offset: -1n,
      leaderEpoch: -1,
      metadata: '',
    });
    if (!check.demand('describe', 'group', groupId)) {
      const none: ResponseOf<'offsetFetch'> = { errorCode: GROUP_REFUSED, topics: [] };
      // Before version 2 an answer has no error of its own.
      return withTopics(none, named ?? [], refused(GROUP_REFUSED));
    }
    if (named === null) {
      const answer = await ask(request);
      if (answer === undefined) return undefined;
      const topics = answer.topics.filter(({ name }) => check.may('describe', 'topic', name));
      return { ...answer, topics };
    }
    return partly(
      named,
      ({ name }) => check.demand('describe', 'topic', name),
      (topics) => ask({ ...request, topics }),
      (answer, denied) => withTopics(answer, denied, refused(TOPIC_REFUSED)),
    );
  },
  offsetDelete: async (request, check, ask) =>
    check.demand('delete', 'group', request.groupId)
      ? partly(
          request.topics,
          ({ name }) => check.demand('read', 'topic', name),
          (topics) => ask({ ...request, topics }),
          (answer, denied) =>
            withTopics(answer, denied, (partition) => ({
              partition,
              errorCode: TOPIC_REFUSED,
            })),
        )
      : { errorCode: GROUP_REFUSED, topics: [] },
  describeGroups: (request, check, ask) =>
    partly(
      request.groups,
      (groupId) => check.demand('describe', 'group', groupId),
      (groups) => ask({ groups }),
      (answer, denied) => {
        const refused = [...new Set(denied)].map((groupId) => ({
          errorCode: GROUP_REFUSED,
          groupId,
          state: '',
          protocolType: '',
          protocolName: '',
          members: [],
        }));
        return { groups: [...answer.groups, ...refused] };
      },
    ),
  listGroups: async (request, check, ask) => {
    const answer = await ask(request);
    if (answer === undefined || check.may('describe', 'cluster')) return answer;
    const groups = answer.groups.filter(({ groupId }) => check.may('describe', 'group', groupId));
    return { ...answer, groups };
  },
  describeAcls: async (request, check, ask) =>
    check.demand('describe', 'cluster')
      ? ask(request)
      : { errorCode: CLUSTER_REFUSED, errorMessage: null, resources: [] },
  createAcls: async (request, check, ask) => {
    if (check.demand('alter', 'cluster')) return ask(request);
    const refused = { errorCode: CLUSTER_REFUSED, errorMessage: null };
    return { results: request.creations.map(() => refused) };
  },
  deleteAcls: async (request, check, ask) => {
    if (check.demand('alter', 'cluster')) return ask(request);
    const refused = { errorCode: CLUSTER_REFUSED, errorMessage: null, matching: [] };
    return { results: request.filters.map(() => refused) };
  },
  describeLogDirs: async (request, check, ask) =>
    check.demand('describe', 'cluster')
      ? ask(request)
      : { dirs: [{ errorCode: CLUSTER_REFUSED, path: '', topics: [] }] },
  electLeaders: async (request, check, ask) => {
    if (check.demand('alter', 'cluster')) return ask(request);
    const none: ResponseOf<'electLeaders'> = { errorCode: CLUSTER_REFUSED, topics: [] };
    // Before version 1 an answer has no error of its own.
    return withTopics(none, request.topics ?? [], (partition) => ({
      partition,
      errorCode: CLUSTER_REFUSED,
      errorMessage: null,
    }));
  },
  alterPartitionReassignments: async (request, check, ask) =>
    check.demand('alter', 'cluster')
      ? ask(request)
      : { errorCode: CLUSTER_REFUSED, errorMessage: null, topics: [] },
  listPartitionReassignments: async (request, check, ask) =>
    check.demand('describe', 'cluster')
      ? ask(request)
      : { errorCode: CLUSTER_REFUSED, errorMessage: null, topics: [] },
  deleteGroups: (request, check, ask) =>
    partly(
      request.groups,
      (groupId) => check.demand('delete', 'group', groupId),
      (groups) => ask({ groups }),
      (answer, denied) => {
        const refused = denied.map((groupId) => ({ groupId, errorCode: GROUP_REFUSED }));
        return { groups: [...answer.groups, ...refused] };
      },
    ),
};

/** Asks for the items that are allowed, and adds to the answer what is said of the others. */
async function partly<Item, Response>(
  items: readonly Item[],
  isAllowed: (item: Item) => boolean,
  ask: (allowed: readonly Item[]) => Promise<Response | undefined>,
  add: (answer: Response, denied: readonly Item[]) => Response,
): Promise<Response | undefined> {
  const denied = items.filter((item) => !isAllowed(item));
  if (denied.length === 0) return ask(items);
  const isDenied = new Set(denied);
  const answer = await ask(items.filter((item) => !isDenied.has(item)));
  return answer === undefined ? undefined : add(answer, denied);
}

function withTopics<Asked, Response extends { readonly topics: readonly ByTopic<unknown>[] }>(
  answer: Response,
  denied: readonly ByTopic<Asked>[],
  refused: (asked: Asked) => Response['topics'][number]['partitions'][number],
): Response {
  const told = denied.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => refused(asked)),
  }));
  return { ...answer, topics: [...answer.topics, ...told] };
}

function refusedTopic({ name }: { readonly name: string }) {
  return { name, errorCode: TOPIC_REFUSED, errorMessage: null };
}

/** Settings of the node are those of the cluster. */
function mayConfigure(
  check: Check,
  operation: 'describe-configs' | 'alter-configs',
  { type, name }: ConfigResource,
): boolean {
  return type === CONFIG_RESOURCE.topic
    ? check.demand(operation, 'topic', name)
    : check.demand(operation, 'cluster');
}

function refusedResource({ type, name }: ConfigResource) {
  const errorCode = type === CONFIG_RESOURCE.topic ? TOPIC_REFUSED : CLUSTER_REFUSED;
  return { type, name, errorCode, errorMessage: null };
}
