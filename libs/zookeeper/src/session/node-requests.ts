import { TallyError } from '@tally/contracts';
import { RC, type NativeStat } from './native-client.js';
import type { DeleteResult, NodeValue, SetResult } from './node-results.js';
import type { Ask, NodeClosing } from './node-closing.js';
import { parentsOf } from './paths.js';
import { failure } from './refusal.js';
import type { Answer, Requests } from './requests.js';
import type { Send } from './session-handle.js';

/** Reads and changes of nodes, by paths below `root`; their names and errors are ZooKeeperSession's. */
export class NodeRequests {
  constructor(
    private readonly requests: Requests,
    private readonly root: string,
    /** None: nodes stay open to all. */
    private readonly closing: NodeClosing | undefined,
  ) {}

  /** With `watch` the next event of the path is told once, also that of its creation. */
  async read(path: string, watch: boolean): Promise<NodeValue | undefined> {
    return this.orAbsent<NodeValue>(`get ${path}`, path, watch, (native, done) =>
      native.a_get(this.root + path, watch, (rc, _, stat, data) => done(rc, nodeValue(stat, data))),
    );
  }

  /** The sorted names of the children; `watch` as for `read`. */
  async list(path: string, watch: boolean): Promise<readonly string[] | undefined> {
    const names = await this.orAbsent<string[]>(
      `children of ${path}`,
      path,
      watch,
      (native, done) =>
        native.a_get_children(this.root + path, watch, (rc, _, found) =>
          done(rc, found ?? undefined),
        ),
    );
    return names?.sort();
  }

  async set(path: string, data: Buffer, version: number): Promise<SetResult> {
    const { rc, value } = await this.write<NativeStat>(`set ${path}`, (native, done) =>
      native.a_set(this.root + path, data, version, (code, _, stat) =>
        done(code, stat ?? undefined),
      ),
    );
    if (value !== undefined) return { kind: 'set', version: value.version };
    if (rc === RC.badVersion) return { kind: 'conflict' };
    if (rc === RC.noNode) return { kind: 'missing' };
    throw failure(`set ${path}`, rc);
  }

  async delete(path: string, version: number): Promise<DeleteResult> {
    const { rc } = await this.write(`delete ${path}`, (native, done) =>
      native.a_delete_(this.root + path, version, (code) => done(code)),
    );
    if (rc === RC.ok) return { kind: 'deleted' };
    if (rc === RC.noNode) return { kind: 'missing' };
    if (rc === RC.badVersion) return { kind: 'conflict' };
    if (rc === RC.notEmpty) return { kind: 'not_empty' };
    throw failure(`delete ${path}`, rc);
  }

  /** Whoever makes them first: all parents of the path are there afterwards, and closed. */
  async createParents(path: string, deadlineMs: number): Promise<void> {
    const ask: Ask = (what, send) => this.requests.repeatable(what, deadlineMs, send);
    for (const parent of parentsOf(this.root + path)) {
      // What is above the root is not ours.
      const closing = parent.startsWith(this.root) ? this.closing : undefined;
      if (closing === undefined) {
        await this.createParent(parent, ask);
      } else if ((await closing.made(ask, () => this.createParent(parent, ask))) === 'found') {
        const isOurs = await closing.closeFound(parent, ask);
        if (!isOurs) throw failure(`create ${parent}`, RC.noAuth);
      }
    }
  }

  private async createParent(path: string, ask: Ask) {
    const what = `create ${path}`;
    const { rc } = await ask(what, (native, done) =>
      native.a_create(path, Buffer.alloc(0), 0, (code) => done(code)),
    );
    if (rc !== RC.ok && rc !== RC.nodeExists) throw failure(what, rc);
    return rc === RC.ok ? { result: 'made', made: path } : { result: 'found', made: undefined };
  }

  private async orAbsent<T>(
    what: string,
    path: string,
    watch: boolean,
    send: Send<T>,
  ): Promise<T | undefined> {
    const deadlineMs = this.requests.deadlineMs();
    for (;;) {
      const { rc, value } = await this.requests.repeatable(what, deadlineMs, send);
      if (rc === RC.ok) return value;
      if (rc !== RC.noNode) throw failure(what, rc);
      if (!watch || !(await this.watchForCreation(path, deadlineMs))) return undefined;
    }
  }

  /** A failed read leaves no watch; `exists` does. True: the node came meanwhile, read again. */
  private async watchForCreation(path: string, deadlineMs: number): Promise<boolean> {
    const what = `exists ${path}`;
    const { rc } = await this.requests.repeatable(what, deadlineMs, (native, done) =>
      native.a_exists(this.root + path, true, (code) => done(code)),
    );
    if (rc === RC.ok) return true;
    if (rc === RC.noNode) return false;
    throw failure(what, rc);
  }

  private async write<T>(what: string, send: Send<T>): Promise<Answer<T>> {
    const answer = await this.requests.once<T>(what, this.requests.deadlineMs(), send);
    if (answer.answered) return answer;
    const message = `${what}: the connection to ZooKeeper was lost; the outcome is unknown`;
    throw new TallyError('unavailable', message);
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
