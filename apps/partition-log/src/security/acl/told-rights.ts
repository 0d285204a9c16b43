import {
  ACL_CLUSTER_NAME,
  ACL_OPERATION,
  ACL_PATTERN,
  ACL_PERMISSION,
  ACL_RESOURCE,
  type AclEntry,
  type AclFilter,
  type AclResource,
  type DescribeAclsResponse,
} from '@tally/kafka-wire';
import { ANYTHING, PRINCIPAL, type AclRule } from './acl-rules.js';

/** What the rules say, as clients of Kafka are told of it: those that match, each once, by resource. */
export function toldRights(
  rules: readonly AclRule[],
  filter: AclFilter,
): DescribeAclsResponse['resources'] {
  const found = new Map<string, { resource: AclResource; acls: Map<string, AclEntry> }>();
  for (const rule of rules) {
    const resource = resourceOf(rule);
    if (!matchesResource(filter, resource)) continue;
    const key = JSON.stringify(resource);
    const known = found.get(key) ?? { resource, acls: new Map<string, AclEntry>() };
    for (const entry of entriesOf(rule).filter((entry) => matchesEntry(filter, entry))) {
      known.acls.set(JSON.stringify(entry), entry);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ resource, acls }) => ({
    ...resource,
    acls: [...acls.values()],
  }));
}

function resourceOf({ type, pattern, name }: AclRule): AclResource {
  return {
    type: ACL_RESOURCE[type],
    name: type === 'cluster' ? ACL_CLUSTER_NAME : name,
    pattern: ACL_PATTERN[pattern],
  };
}

/** Rules hold wherever a user comes from, and there are none that deny. */
function entriesOf({ user, operations }: AclRule): AclEntry[] {
  return operations.map((operation) => ({
    principal: `${PRINCIPAL}${user}`,
    host: ANYTHING,
    operation: ACL_OPERATION[operation],
    permission: ACL_PERMISSION.allow,
  }));
}

function matchesResource(filter: AclFilter, { type, name, pattern }: AclResource): boolean {
  if (filter.type !== ACL_RESOURCE.any && filter.type !== type) return false;
  const isMatch = filter.pattern === ACL_PATTERN.match;
  const takesAny = isMatch || filter.pattern === ACL_PATTERN.any;
  if (!takesAny && filter.pattern !== pattern) return false;
  if (filter.name === null || filter.name === name) return true;
  if (!isMatch) return false;
  return pattern === ACL_PATTERN.prefixed ? filter.name.startsWith(name) : name === ANYTHING;
}

function matchesEntry(filter: AclFilter, entry: AclEntry): boolean {
  return (
    (filter.principal === null || filter.principal === entry.principal) &&
    (filter.host === null || filter.host === entry.host) &&
    (filter.operation === ACL_OPERATION.any || filter.operation === entry.operation) &&
    (filter.permission === ACL_PERMISSION.any || filter.permission === entry.permission)
  );
}
