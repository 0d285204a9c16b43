/** A node as read; `version` counts changes of its data from 0 and starts again when re-created. */
export interface NodeValue {
  readonly data: Buffer;
  readonly version: number;
  /** ZooKeeper's transaction id of the last change: grows, also across re-creations. */
  readonly changeId: number;
  /** The session whose end deletes the node, hexadecimal; undefined for a persistent node. */
  readonly ephemeralOwner: string | undefined;
}

/** What kind of node is created; by default one that stays. */
export interface CreateOptions {
  /** Deleted by ZooKeeper when the session that created it ends. */
  readonly ephemeral?: boolean;
  /** ZooKeeper appends a counter that grows with every node created below the parent. */
  readonly sequential?: boolean;
}

/** `generation`: of the session that created it, thus its owner if ephemeral. */
export type CreateResult =
  | { readonly kind: 'created'; readonly path: string; readonly generation: number }
  | { readonly kind: 'exists' };

/** `conflict`: the node has another version. `missing`: there is none. */
export type SetResult =
  | { readonly kind: 'set'; readonly version: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'missing' };

/** `conflict`: the node has another version. `not_empty`: it has children. */
export type DeleteResult = { readonly kind: 'deleted' | 'missing' | 'conflict' | 'not_empty' };
