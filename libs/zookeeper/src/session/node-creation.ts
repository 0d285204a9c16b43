import { randomUUID } from 'node:crypto';
import { CREATE_FLAGS, RC } from './native-client.js';
import type { Ask, NodeClosing } from './node-closing.js';
import type { NodeRequests } from './node-requests.js';
import type { CreateOptions, CreateResult } from './node-results.js';
import { parentOf } from './paths.js';
import { failure } from './refusal.js';
import type { Requests } from './requests.js';
import type { SessionBelief } from './session-belief.js';

/** What a creation is made of; `root` is put before every path. */
export interface NodeCreationOptions {
  readonly requests: Requests;
  readonly nodes: NodeRequests;
  readonly belief: SessionBelief;
  /** None: nodes stay open to all. */
  readonly closing: NodeClosing | undefined;
  readonly root: string;
}

/**
 * Creates nodes. A creation that is not answered may have been carried out: then the node is looked
 * for, a sequential one by the uuid in its name, another one by its owner and data.
 */
export class NodeCreation {
  constructor(private readonly options: NodeCreationOptions) {}

  async create(path: string, data: Buffer, options: CreateOptions): Promise<CreateResult> {
    const { requests, closing, root } = this.options;
    const deadlineMs = requests.deadlineMs();
    if (closing === undefined) return this.createOpen(path, data, options, deadlineMs);
    const ask: Ask = (what, send) => requests.repeatable(what, deadlineMs, send);
    return closing.made(ask, async () => {
      const result = await this.createOpen(path, data, options, deadlineMs);
      return { result, made: result.kind === 'created' ? root + result.path : undefined };
    });
  }

  private async createOpen(
    path: string,
    data: Buffer,
    { ephemeral = false, sequential = false }: CreateOptions,
    deadlineMs: number,
  ): Promise<CreateResult> {
    const { requests, nodes, root } = this.options;
    const flags =
      (ephemeral ? CREATE_FLAGS.ephemeral : 0) | (sequential ? CREATE_FLAGS.sequential : 0);
    const asked = sequential ? `${path}${randomUUID()}-` : path;
    const what = `create ${path}`;
    for (let isUncertain = false; ;) {
      if (isUncertain && sequential) {
        const found = await this.findSequential(asked, ephemeral, deadlineMs);
        if (found !== undefined) return found;
      }
      const { answered, rc, generation, value } = await requests.once<string>(
        what,
        deadlineMs,
        (native, done) =>
          native.a_create(root + asked, data, flags, (code, _, created) => done(code, created)),
      );
      if (rc === RC.ok && value !== undefined) {
        return { kind: 'created', path: value.slice(root.length), generation };
      }
      if (rc === RC.noNode) {
        await nodes.createParents(path, deadlineMs);
      } else if (rc === RC.nodeExists) {
        const isOurs = isUncertain && (await this.isAsAsked(path, data, ephemeral));
        return isOurs ? { kind: 'created', path, generation } : { kind: 'exists' };
      } else if (answered) {
        throw failure(what, rc);
      } else {
        isUncertain = true;
      }
    }
  }

  /** A sequential node whose creation was not answered; an old session's ephemeral does not count. */
  private async findSequential(
    asked: string,
    ephemeral: boolean,
    deadlineMs: number,
  ): Promise<CreateResult | undefined> {
    const { requests, nodes, belief } = this.options;
    await requests.connected(deadlineMs);
    const parent = parentOf(asked);
    for (const name of (await nodes.list(parent, false)) ?? []) {
      const path = `${parent}/${name}`;
      if (!path.startsWith(asked)) continue;
      const { generation, credentials } = belief;
      const node = await nodes.read(path, false);
      if (node === undefined) continue;
      if (ephemeral && node.ephemeralOwner !== credentials?.sessionId) continue;
      return { kind: 'created', path, generation };
    }
    return undefined;
  }

  private async isAsAsked(path: string, data: Buffer, ephemeral: boolean): Promise<boolean> {
    const { nodes, belief } = this.options;
    const owner = belief.credentials?.sessionId;
    const node = await nodes.read(path, false);
    if (node === undefined || node.version !== 0 || !node.data.equals(data)) return false;
    return ephemeral ? node.ephemeralOwner === owner : node.ephemeralOwner === undefined;
  }
}
