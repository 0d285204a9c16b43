/** Why a partition cannot have its replicas on these nodes; undefined: it can. One node there is. */
export function refuseReplicas(nodes: readonly number[], nodeId: number): string | undefined {
  const unknown = nodes.find((node) => node !== nodeId);
  if (unknown !== undefined) return `there is no node ${unknown}: expected ${nodeId}`;
  if (nodes.length === 0) return `expected node ${nodeId} for each partition, got none`;
  return nodes.length > 1 ? `node ${nodeId} is named twice for one partition` : undefined;
}
