/**
 * Which apps may call the gRPC server of which app: the arrows of the network policies, and
 * tools/manifests checks that they are the same.
 */
export const GRPC_CALLERS: Readonly<Record<string, readonly string[]>> = {
  partitioner: ['gateway'],
  query: ['gateway', 'auditor', 'console'],
  'dead-letter-replayer': ['gateway'],
  'cluster-proxy': ['processor', 'dead-letter-replayer', 'query', 'rollup'],
  'shard-proxy': ['cluster-proxy'],
};

/** Of those that may call, the ones that may call this method: whoever only reads writes nothing. */
export const WRITERS: Readonly<Record<string, readonly string[]>> = {
  '/tally.cluster_proxy.v1.ClusterProxyService/ApplyDelta': ['processor', 'dead-letter-replayer'],
  '/tally.cluster_proxy.v1.ClusterProxyService/AcceptLoss': ['query'],
  '/tally.cluster_proxy.v1.ClusterProxyService/SettleDeadEvents': ['dead-letter-replayer'],
};
