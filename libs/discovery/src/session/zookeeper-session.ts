import { randomUUID } from 'node:crypto';
import { TallyError } from '@tally/contracts';
import type { Unsubscribe } from '../listeners.js';
import { ChildrenWatch, DataWatch } from './node-watch.js';
import { CREATE_FLAGS, RC, type NativeStat } from './native-client.js';
import { assertPath, parentOf, parentsOf } from './paths.js';
import { SessionConnection } from './session-connection.js';
import type {
  CreateOptions,
  CreateResult,
  DeleteResult,
  NodeValue,
  SetResult,
} from './node-results.js';

/** Below jute.maxbuffer (1 MiB): a larger request makes the server drop the connection, for ever. */
const MAX_DATA_BYTES = 1_000_000;

/**
 * A ZooKeeper session that outlives its connections and itself: after an expiry a new one is opened
 * (see `generation`). Paths are relative to the root, e.g. `/services/query`. Every operation waits
 * for a connection and is bounded by `operationTimeoutMs`; what is expected to happen is returned,
 * operational failures throw TallyError: `unavailable` (not connected, or connection lost: a write's
 * outcome is then unknown) or `deadline_exceeded`. A malformed path is a bug: TypeError.
 */
export class ZooKeeperSession extends SessionConnection {
  /** Undefined when there is no such node. */
  async get(path: string): Promise<NodeValue | undefined> {
    return this.read(path, false);
  }

  /** Names, sorted; empty when there is no such node. */
  async children(path: string): Promise<readonly string[]> {
    return (await this.list(path, false)) ?? [];
  }

  /**
   * Creates a node, and its parents as persistent nodes. A sequential node is named
   * `<path><uuid>-<10 digits>`. When the connection is lost meanwhile, the node is looked for: by
   * its uuid, or by owner and data; for a persistent, not sequential node this cannot tell our
   * creation from somebody else's with the same data.
   */
  async create(path: string, data: Buffer, options: CreateOptions = {}): Promise<CreateResult> {
    assertPath(path);
    assertSize(path, data);
    const { ephemeral = false, sequential = false } = options;
    const flags =
      (ephemeral ? CREATE_FLAGS.ephemeral : 0) | (sequential ? CREATE_FLAGS.sequential : 0);
    const deadlineMs = this.deadlineMs();
    const asked = sequential ? `${path}${randomUUID()}-` : path;
    for (let uncertain = false; ;) {
      if (uncertain && sequential) {
        const found = await this.findSequential(asked, ephemeral, deadlineMs);
        if (found !== undefined) return found;
      }
      const reply = await this.request<string>(
        `create ${path}`,
        deadlineMs,
        false,
        (native, done) =>
          native.a_create(this.root + asked, data, flags, (rc, _, created) => done(rc, created)),
      );
      const { rc, generation, value } = reply;
      if (rc === RC.ok && value !== undefined) {
        return { kind: 'created', path: value.slice(this.root.length), generation };
      }
      if (rc === RC.noNode) {
        await this.createParents(path, deadlineMs);
      } else if (rc === RC.nodeExists) {
        const ours = uncertain && (await this.isAsAsked(path, data, ephemeral));
        return ours ? { kind: 'created', path, generation } : { kind: 'exists' };
      } else if (reply.answered) {
        throw failure(`create ${path}`, rc);
      } else {
        uncertain = true;
      }
    }
  }

  /** Replaces the data if the node still has `version` (optimistic lock). */
  async setWithVersion(path: string, data: Buffer, version: number): Promise<SetResult> {
    assertPath(path);
    assertSize(path, data);
    assertVersion(version);
    const reply = await this.write<NativeStat>(`set ${path}`, (native, done) =>
      native.a_set(this.root + path, data, version, (rc, _, stat) => done(rc, stat ?? undefined)),
    );
    if (reply.value !== undefined) return { kind: 'set', version: reply.value.version };
    if (reply.rc === RC.badVersion) return { kind: 'conflict' };
    if (reply.rc === RC.noNode) return { kind: 'missing' };
    throw failure(`set ${path}`, reply.rc);
  }

  /** Without `version`: whatever version the node has. */
  async delete(path: string, version?: number): Promise<DeleteResult> {
    assertPath(path);
    if (version !== undefined) assertVersion(version);
    const { rc } = await this.write(`delete ${path}`, (native, done) =>
      native.a_delete_(this.root + path, version ?? -1, (code) => done(code)),
    );
    if (rc === RC.ok) return { kind: 'deleted' };
    if (rc === RC.noNode) return { kind: 'missing' };
    if (rc === RC.badVersion) return { kind: 'conflict' };
    if (rc === RC.notEmpty) return { kind: 'not_empty' };
    throw failure(`delete ${path}`, rc);
  }

  /**
   * Delivers the value now and after every change, the latest only; `undefined` while there is no
   * such node. Goes on through connection losses and new sessions. Nothing is delivered while there
   * is no connection, nor after the returned function was called.
   */
  watchData(path: string, onChange: (node: NodeValue | undefined) => void): Unsubscribe {
    const source = { session: this, path: assertPath(path), ...this.watchHooks(path) };
    return new DataWatch({ ...source, read: () => this.read(path, true), onChange }).start();
  }

  /** As `watchData`, for the sorted names of the children; empty while there is no such node. */
  watchChildren(path: string, onChange: (names: readonly string[]) => void): Unsubscribe {
    const source = { session: this, path: assertPath(path), ...this.watchHooks(path) };
    const read = async () => (await this.list(path, true)) ?? [];
    return new ChildrenWatch({ ...source, read, onChange }).start();
  }

  private watchHooks(path: string) {
    return { onEvent: (listener: () => void) => this.onNodeEvent(path, listener) };
  }

  private deadlineMs(): number {
    return this.now() + this.operationTimeoutMs;
  }

  private async read(path: string, watch: boolean): Promise<NodeValue | undefined> {
    assertPath(path);
    const absolute = this.root + path;
    const deadlineMs = this.deadlineMs();
    for (;;) {
      const reply = await this.request<NodeValue>(`get ${path}`, deadlineMs, true, (native, done) =>
        native.a_get(absolute, watch, (rc, _, stat, data) => done(rc, nodeValue(stat, data))),
      );
      if (reply.rc === RC.ok) return reply.value;
      if (reply.rc !== RC.noNode) throw failure(`get ${path}`, reply.rc);
      if (!watch || !(await this.watchForCreation(path, deadlineMs))) return undefined;
    }
  }

  private async list(path: string, watch: boolean): Promise<readonly string[] | undefined> {
    assertPath(path);
    const absolute = this.root + path;
    const deadlineMs = this.deadlineMs();
    for (;;) {
      const what = `children of ${path}`;
      const reply = await this.request<string[]>(what, deadlineMs, true, (native, done) =>
        native.a_get_children(absolute, watch, (rc, _, names) => done(rc, names ?? undefined)),
      );
      if (reply.rc === RC.ok) return reply.value?.sort();
      if (reply.rc !== RC.noNode) throw failure(what, reply.rc);
      if (!watch || !(await this.watchForCreation(path, deadlineMs))) return undefined;
    }
  }

  /** A failed read leaves no watch; `exists` does. True: the node came meanwhile, read again. */
  private async watchForCreation(path: string, deadlineMs: number): Promise<boolean> {
    const { rc } = await this.request(`exists ${path}`, deadlineMs, true, (native, done) =>
      native.a_exists(this.root + path, true, (code) => done(code)),
    );
    if (rc === RC.ok) return true;
    if (rc === RC.noNode) return false;
    throw failure(`exists ${path}`, rc);
  }

  private async write<T>(what: string, send: Parameters<typeof this.request<T>>[3]) {
    const reply = await this.request<T>(what, this.deadlineMs(), false, send);
    if (reply.answered) return reply;
    const message = `${what}: the connection to ZooKeeper was lost; the outcome is unknown`;
    throw new TallyError('unavailable', message);
  }

  private async createParents(path: string, deadlineMs: number): Promise<void> {
    for (const parent of parentsOf(this.root + path)) {
      const what = `create ${parent}`;
      const { rc } = await this.request(what, deadlineMs, true, (native, done) =>
        native.a_create(parent, Buffer.alloc(0), 0, (code) => done(code)),
      );
      if (rc !== RC.ok && rc !== RC.nodeExists) throw failure(what, rc);
    }
  }

  /** A sequential node whose creation was not answered; an old session's ephemeral does not count. */
  private async findSequential(
    asked: string,
    ephemeral: boolean,
    deadlineMs: number,
  ): Promise<CreateResult | undefined> {
    await this.whenConnected(Math.max(0, deadlineMs - this.now()));
    const parent = parentOf(asked);
    for (const name of await this.children(parent === '' ? '/' : parent)) {
      const path = `${parent}/${name}`;
      if (!path.startsWith(asked)) continue;
      const { generation, sessionId } = this;
      const node = await this.get(path);
      if (node === undefined || (ephemeral && node.ephemeralOwner !== sessionId)) continue;
      return { kind: 'created', path, generation };
    }
    return undefined;
  }

  private async isAsAsked(path: string, data: Buffer, ephemeral: boolean): Promise<boolean> {
    const { sessionId } = this;
    const node = await this.get(path);
    if (node === undefined || node.version !== 0 || !node.data.equals(data)) return false;
    return ephemeral ? node.ephemeralOwner === sessionId : node.ephemeralOwner === undefined;
  }
}

function nodeValue(stat: NativeStat | null, data: Buffer | null): NodeValue | undefined {
  if (stat === null) return undefined;
  const { version, mzxid, ephemeralOwner } = stat;
  return {
    data: data ?? Buffer.alloc(0),
    version,
    changeId: mzxid,
    ephemeralOwner: ephemeralOwner === '0' ? undefined : ephemeralOwner,
  };
}

/** -1 would mean "any" to ZooKeeper and undo the lock. */
function assertVersion(version: number): void {
  if (!Number.isInteger(version) || version < 0) {
    throw new TypeError(`expected the version of a znode (an integer from 0 on), got ${version}`);
  }
}

function assertSize(path: string, data: Buffer): void {
  if (data.length <= MAX_DATA_BYTES) return;
  const message = `${path}: expected at most ${MAX_DATA_BYTES} bytes, got ${data.length}`;
  throw new TallyError('payload_too_large', message);
}

function failure(what: string, rc: number): TallyError {
  return new TallyError('unavailable', `${what}: ZooKeeper answered with code ${rc}`, {
    logLevel: 'error',
  });
}
