import { TallyError } from '@tally/contracts';
import { keepTrying } from '@tally/resilience';
import type { Logger } from '../logger.js';
import { RC, type NativeAcl, type NativeStat } from './native-client.js';
import { failure } from './refusal.js';
import type { Reply, Send } from './session-handle.js';

/** Sends a request that may be sent twice; `what` begins the messages of errors. */
export type Ask = <T>(what: string, send: Send<T>) => Promise<Pick<Reply<T>, 'rc' | 'value'>>;

const ALL_RIGHTS = 31;
/** To ZooKeeper: who this session is, and nobody else. */
const OURS_ALONE: readonly NativeAcl[] = [{ perms: ALL_RIGHTS, scheme: 'auth', auth: '' }];
/** Each try is lost only to somebody who changed the node within it. */
const MAX_TRIES = 5;
/** Who made a node has these looks' time, 200 ms, to close it before another does. */
const MAX_LOOKS = 10;
const LOOK_MS = 20;
/** To ZooKeeper: whatever version it has. */
const ANY = -1;

/**
 * Takes the rights to a node from everybody but the user of this session. The native client makes
 * every node open to all, so that a new one is closed right after: whether somebody was there in
 * between is looked for. The rights themselves are never read: `a_get_acl` of `zookeeper` 7.3.0 ends
 * the process (SIGSEGV) whenever its answer is an error or the connection breaks. How often they were
 * changed is known (`aversion`). Paths are absolute.
 */
export class NodeClosing {
  constructor(private readonly logger: Logger) {}

  /** Told when a node may have been made and not closed. */
  onLeftOpen: () => void = () => undefined;

  /**
   * Closes a node that was just made, empty of children. `disturbed`: somebody changed it or its
   * rights before; it was deleted, and has to be made again.
   */
  async closeNew(path: string, ask: Ask): Promise<'closed' | 'disturbed'> {
    const rc = await this.setRights(path, 0, ask);
    const stat = rc === RC.ok ? await this.stat(path, ask) : undefined;
    const isUntouched = stat?.version === 0 && stat.aversion === 1;
    if (isUntouched && stat.cversion > 0) await this.clearBelow(path, ask);
    if (isUntouched) return 'closed';
    this.logger.warn(
      { path },
      'somebody changed a new node before it was closed; it is made again',
    );
    await this.remove(path, ask);
    return 'disturbed';
  }

  /** Waits until who made the node has closed it, and does it in the end. False: it is not ours. */
  async closeFound(path: string, ask: Ask): Promise<boolean> {
    const look = async () => {
      const stat = await this.stat(path, ask);
      if (stat?.aversion === 0) throw new TallyError('unavailable', `${path} is open still`);
    };
    try {
      await keepTrying(look, { retryMs: LOOK_MS, maxTries: MAX_LOOKS });
      return true;
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      return (await this.setRights(path, ANY, ask)) !== RC.noAuth;
    }
  }

  /** Closes a node whose rights nobody changed yet; `force`: whatever they are. */
  async closeOpen(
    path: string,
    force: boolean,
    ask: Ask,
  ): Promise<'left' | 'closed' | 'missing' | 'foreign'> {
    const stat = force ? undefined : await this.stat(path, ask);
    if (!force && stat === undefined) return 'missing';
    if (stat !== undefined && stat.aversion > 0) return 'left';
    const rc = await this.setRights(path, force ? ANY : 0, ask);
    switch (rc) {
      case RC.noNode:
        return 'missing';
      case RC.noAuth:
        return 'foreign';
      default:
        return rc === RC.ok ? 'closed' : 'left';
    }
  }

  /** Makes a node by `make` and closes it, again while it is disturbed. No `made`: it was there. */
  async made<T>(
    ask: Ask,
    make: () => Promise<{ readonly result: T; readonly made: string | undefined }>,
  ): Promise<T> {
    try {
      for (let tries = 1; ; tries++) {
        const { result, made } = await make();
        if (made === undefined || (await this.closeNew(made, ask)) === 'closed') return result;
        if (tries === MAX_TRIES) throw changing(made);
      }
    } catch (error) {
      this.onLeftOpen();
      throw error;
    }
  }

  private async setRights(path: string, version: number, ask: Ask): Promise<number> {
    const what = `close ${path}`;
    const { rc } = await ask(what, (native, done) =>
      native.a_set_acl(path, version, OURS_ALONE, (code) => done(code)),
    );
    const expected: readonly number[] = [RC.ok, RC.badVersion, RC.noNode, RC.noAuth];
    if (!expected.includes(rc)) throw failure(what, rc);
    return rc;
  }

  private async stat(path: string, ask: Ask): Promise<NativeStat | undefined> {
    const what = `exists ${path}`;
    const { rc, value } = await ask<NativeStat>(what, (native, done) =>
      native.a_exists(path, false, (code, _, stat) => done(code, stat ?? undefined)),
    );
    if (rc !== RC.ok && rc !== RC.noNode) throw failure(what, rc);
    return value;
  }

  /**
   * Something was put below a node just made. Who has our secret waits until it is closed, and closes
   * its own; what is open or closed for others is removed.
   */
  private async clearBelow(path: string, ask: Ask): Promise<void> {
    const what = `children of ${path}`;
    const { rc, value: names } = await ask<string[]>(what, (native, done) =>
      native.a_get_children(path, false, (code, _, found) => done(code, found ?? undefined)),
    );
    if (rc !== RC.ok && rc !== RC.noNode) throw failure(what, rc);
    for (const name of names ?? []) {
      const child = `${path}/${name}`;
      const isClosed = ((await this.stat(child, ask))?.aversion ?? 0) > 0;
      const { rc: read } = await ask(`get ${child}`, (native, done) =>
        native.a_get(child, false, (code) => done(code)),
      );
      if (isClosed && read !== RC.noAuth) continue;
      this.logger.warn({ path: child }, 'a node that somebody put below a new one is removed');
      await this.remove(child, ask);
    }
  }

  private async remove(path: string, ask: Ask): Promise<void> {
    const what = `delete ${path}`;
    const { rc } = await ask(what, (native, done) =>
      native.a_delete_(path, ANY, (code) => done(code)),
    );
    if (rc === RC.notEmpty) throw occupied(path);
    if (rc !== RC.ok && rc !== RC.noNode) throw failure(what, rc);
  }
}

function changing(path: string): TallyError {
  const message = `${path}: somebody changed it ${MAX_TRIES} times before it could be closed`;
  return new TallyError('unavailable', message, { logLevel: 'error' });
}

function occupied(path: string): TallyError {
  const message = `${path}: somebody put nodes below it before it could be closed; remove them (deleteall in ZooKeeper's shell)`;
  return new TallyError('unavailable', message, { logLevel: 'error' });
}
