import { Backoff, CoalescedTask } from '@tally/resilience';
import type { Logger } from '../logger.js';
import { RC } from './native-client.js';
import { closedMark } from './enter.js';
import type { NodeClosing } from './node-closing.js';
import type { NodeRequests } from './node-requests.js';
import { failure } from './refusal.js';
import type { Requests } from './requests.js';
import type { SessionBelief } from './session-belief.js';
import type { ZooKeeperAuth } from './zookeeper-auth.js';

/** Whose tree, below which root (absolute), and how it is closed. */
export interface TreeClosingOptions {
  readonly requests: Requests;
  readonly nodes: NodeRequests;
  readonly auth: ZooKeeperAuth;
  readonly closing: NodeClosing;
  readonly belief: SessionBelief;
  readonly root: string;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Nodes looked at together: some milliseconds, and no burden to the others of the ensemble. */
const BATCH = 32;
/** Twice as many as there can be versions of the event types. */
const MAX_NODES = 100_000;

/**
 * Closes what is open below the root, once in each session and when a creation failed: an installation
 * that was open until now, and nodes whose maker ended between making and closing. Once all was closed
 * the root holds a mark; from then on nodes alone are closed whose rights nobody set yet. Parents come
 * first, so that nobody can add to what was looked at.
 */
export class TreeClosing {
  private readonly task: CoalescedTask;
  private done = 0;

  constructor(private readonly options: TreeClosingOptions) {
    const { logger, root, random } = options;
    this.task = new CoalescedTask(() => this.run(), {
      backoff: new Backoff({ firstMs: 100, maxMs: 2000, random }),
      onFailure: (error, retryMs) =>
        logger.warn({ error, root, retryMs }, 'what is open in ZooKeeper could not be closed'),
    });
  }

  /** Goes on until the session is closed. */
  start(): void {
    const { belief, closing } = this.options;
    closing.onLeftOpen = () => {
      this.done = 0;
      this.task.kick();
    };
    belief.onState((state) => {
      if (state === 'connected') this.task.kick();
      if (state === 'closed') void this.task.stop();
    });
  }

  private async run(): Promise<void> {
    const { belief, root, logger, auth, nodes } = this.options;
    const { generation } = belief;
    if (belief.state !== 'connected' || generation === this.done) return;
    const mark = closedMark(auth);
    const top = await nodes.read('', false);
    // Who could change the rights of nodes until now may have: all are set. Else what nobody closed.
    const force = top?.data.equals(mark) !== true;
    let closed = 0;
    let seen = 0;
    const waiting = [root];
    for (let batch = waiting.splice(0, BATCH); batch.length > 0; batch = waiting.splice(0, BATCH)) {
      for (const found of await Promise.all(batch.map((path) => this.close(path, force)))) {
        if (found.wasOpen) closed += 1;
        for (const child of found.children) waiting.push(child);
      }
      seen += batch.length;
      if (seen + waiting.length <= MAX_NODES) continue;
      logger.error({ root, seen }, `more than ${MAX_NODES} nodes: some may be open to all`);
      this.done = generation;
      return;
    }
    if (force && top !== undefined) await nodes.set('', mark, top.version);
    this.done = generation;
    // A new root is no surprise.
    if (closed > (force ? 1 : 0))
      logger.warn({ root, closed, seen }, 'nodes that may have been open to all are closed now');
  }

  private async close(path: string, force: boolean) {
    const { requests, closing, logger } = this.options;
    const deadlineMs = requests.deadlineMs();
    const result = await closing.closeOpen(path, force, (what, send) =>
      requests.repeatable(what, deadlineMs, send),
    );
    if (result === 'foreign')
      logger.error({ path }, 'a node is closed for somebody else; remove it if it is not ours');
    if (result === 'foreign' || result === 'missing') return { wasOpen: false, children: [] };
    const what = `children of ${path}`;
    const { rc, value } = await requests.repeatable<string[]>(what, deadlineMs, (native, done) =>
      native.a_get_children(path, false, (code, _, names) => done(code, names ?? undefined)),
    );
    if (rc !== RC.ok && rc !== RC.noNode) throw failure(what, rc);
    const children = (value ?? []).map((name) => `${path}/${name}`);
    return { wasOpen: result === 'closed', children };
  }
}
