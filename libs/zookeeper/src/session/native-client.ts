import ZooKeeper from 'zookeeper';

/** Return codes of the C client (zookeeper.h) that this library tells apart. */
export const RC = {
  ok: 0,
  /** Smaller codes come from the server, larger ones from the client itself. */
  apiError: -100,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  closing: -116,
} as const;

/** States of the C client; in every other one it has no connection and makes none. */
export const NATIVE_STATE = { connecting: 1, associating: 2, connected: 3 } as const;

/** Flags of `a_create`; they add up. */
export const CREATE_FLAGS = { ephemeral: 1, sequential: 2 } as const;

/** What the native client says of a node; names and meanings are ZooKeeper's. */
export interface NativeStat {
  readonly version: number;
  /** Changes of the rights, from 0. */
  readonly aversion: number;
  /** Children made and deleted, from 0. */
  readonly cversion: number;
  /** Transaction that last changed the data; tells a node from one created again at its path. */
  readonly mzxid: number;
  /** Hexadecimal session id, `0` for persistent nodes. */
  readonly ephemeralOwner: string;
}

/** One entry of a node's rights; `perms` adds up bits, 31 is all. */
export interface NativeAcl {
  readonly perms: number;
  readonly scheme: string;
  readonly auth: string;
}

type Callback<Args extends unknown[]> = (rc: number, message: string, ...args: Args) => void;

/**
 * The part of `zookeeper` 7.3 that is used, with its callback methods: they give the return code,
 * which the promise methods hide in a message. A method returns non-zero when nothing was sent; its
 * callback is then never called. `watch: true` sets a watch whose event is emitted on the client:
 * the methods that take a watch callback leak that callback for the life of the process.
 */
export interface NativeClient {
  init(config: object): unknown;
  close(): void;
  /** Negotiated session timeout in ms; -1 when `init` failed. */
  readonly timeout: number;
  /** One of NATIVE_STATE, or another. */
  readonly state: number;
  /** Session id, hexadecimal. */
  readonly client_id: string;
  /** Hexadecimal; lets another client go on with the session. */
  readonly client_password: string;
  on(event: 'connect' | 'connecting' | 'close', listener: () => void): void;
  on(
    event: 'created' | 'deleted' | 'changed' | 'child',
    listener: (native: unknown, path: string) => void,
  ): void;
  a_sync(path: string, done: Callback<[path: string]>): number;
  a_get(path: string, watch: boolean, done: Callback<[NativeStat | null, Buffer | null]>): number;
  a_exists(path: string, watch: boolean, done: Callback<[NativeStat | null]>): number;
  a_get_children(path: string, watch: boolean, done: Callback<[string[] | null]>): number;
  a_create(path: string, data: Buffer, flags: number, done: Callback<[path: string]>): number;
  a_set(path: string, data: Buffer, version: number, done: Callback<[NativeStat | null]>): number;
  a_delete_(path: string, version: number, done: Callback<[]>): number;
  /** The new session or connection of another client has to be told again. */
  add_auth(scheme: string, auth: string, done: Callback<[]>): number;
  /** `version`: of the rights. */
  a_set_acl(path: string, version: number, acl: readonly NativeAcl[], done: Callback<[]>): number;
}

/** A client that is not connected yet: `init` begins. */
export function createNativeClient(): NativeClient {
  return new ZooKeeper(undefined) as unknown as NativeClient;
}
