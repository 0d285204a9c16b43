import type { WireReader } from '../wire/wire-reader.js';
import type { WireWriter } from '../wire/wire-writer.js';

/** What rights are for. `any` asks only. */
export const ACL_RESOURCE = { any: 1, topic: 2, group: 3, cluster: 4 } as const;
/** The one name that the cluster has among resources. */
export const ACL_CLUSTER_NAME = 'kafka-cluster';
/** How a name is meant. `any` and `match` ask only: for either, and for all that hold for a name. */
export const ACL_PATTERN = { any: 1, match: 2, literal: 3, prefixed: 4 } as const;
/** What may be done. `any` asks only. */
export const ACL_OPERATION = {
  any: 1,
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
} as const;
/** Whether a rule gives a right or takes it. `any` asks only. */
export const ACL_PERMISSION = { any: 1, deny: 2, allow: 3 } as const;

/** Things of one kind that share a name or the beginning of one. */
export interface AclResource {
  /** See ACL_RESOURCE. */
  readonly type: number;
  readonly name: string;
  /** See ACL_PATTERN; literal before version 1. */
  readonly pattern: number;
}

/** Who may do what to a resource. */
export interface AclEntry {
  /** `User:` and a name. */
  readonly principal: string;
  /** An address, or `*`. */
  readonly host: string;
  /** See ACL_OPERATION. */
  readonly operation: number;
  /** See ACL_PERMISSION. */
  readonly permission: number;
}

/** A rule, of which null matches everything. */
export interface AclFilter {
  readonly type: number;
  readonly name: string | null;
  readonly pattern: number;
  readonly principal: string | null;
  readonly host: string | null;
  readonly operation: number;
  readonly permission: number;
}

/** Throws MalformedFrame. */
export function readAclFilter(reader: WireReader, version: number): AclFilter {
  return {
    type: reader.int8(),
    name: reader.nullableString(),
    pattern: readPattern(reader, version),
    principal: reader.nullableString(),
    host: reader.nullableString(),
    operation: reader.int8(),
    permission: reader.int8(),
  };
}

/** The counterpart of readAclFilter. */
export function writeAclFilter(writer: WireWriter, filter: AclFilter, version: number): void {
  writer.int8(filter.type).nullableString(filter.name);
  if (version >= 1) writer.int8(filter.pattern);
  writer.nullableString(filter.principal).nullableString(filter.host);
  writer.int8(filter.operation).int8(filter.permission);
}

/** Throws MalformedFrame. */
export function readAclResource(reader: WireReader, version: number): AclResource {
  return { type: reader.int8(), name: reader.string(), pattern: readPattern(reader, version) };
}

/** The counterpart of readAclResource. */
export function writeAclResource(
  writer: WireWriter,
  { type, name, pattern }: AclResource,
  version: number,
): void {
  writer.int8(type).string(name);
  if (version >= 1) writer.int8(pattern);
}

/** Throws MalformedFrame. */
export function readAclEntry(reader: WireReader): AclEntry {
  return {
    principal: reader.string(),
    host: reader.string(),
    operation: reader.int8(),
    permission: reader.int8(),
  };
}

/** The counterpart of readAclEntry. */
export function writeAclEntry(
  writer: WireWriter,
  { principal, host, operation, permission }: AclEntry,
): void {
  writer.string(principal).string(host).int8(operation).int8(permission);
}

function readPattern(reader: WireReader, version: number): number {
  return version >= 1 ? reader.int8() : ACL_PATTERN.literal;
}
