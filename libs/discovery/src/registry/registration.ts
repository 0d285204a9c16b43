import { TallyError } from '@tally/contracts';
import { Backoff, CoalescedTask } from '@tally/resilience';
import type { NodeValue, Unsubscribe, ZooKeeperSession } from '@tally/zookeeper';
import { decodeInstance, encodeInstance, type ServiceInstance } from './service-instance.js';

/** Delete and create are two steps; others may come between, but not for ever. */
const MAX_ATTEMPTS = 5;

/**
 * Keeps the ephemeral node of one instance in place until `unregister`: written again by each new
 * session and whenever it vanished. A node of the same id that another session owns is deleted and
 * created again, never just overwritten: it would vanish with its owner.
 */
export class Registration {
  private readonly data: Buffer;
  private readonly task: CoalescedTask;
  private readonly ends: Unsubscribe[];
  /** The session that owns the node as last seen. */
  private ownedBy: number | undefined;

  /** `path`: of the node, relative to the session's root. */
  constructor(
    private readonly session: ZooKeeperSession,
    private readonly path: string,
    private readonly instance: ServiceInstance,
  ) {
    this.data = encodeInstance(instance);
    const { logger, random } = session;
    this.task = new CoalescedTask(() => this.ensure(), {
      backoff: new Backoff({ firstMs: 100, maxMs: 2000, random }),
      onFailure: (error, retryMs) => logger.warn({ error, path, retryMs }, 'not registered'),
    });
    this.ends = [
      session.onState((state) => {
        if (state === 'connected') this.task.kick();
      }),
      session.watchData(path, () => this.task.kick()),
    ];
  }

  /** Whether the node is there and will stay as long as the session. For readiness checks. */
  get isRegistered(): boolean {
    return this.ownedBy !== undefined && this.session.isAlive(this.ownedBy);
  }

  /**
   * Deletes the node, and stops caring for it; without a connection there is nothing to do, as it
   * vanishes with its session. TallyError when that was not confirmed in time.
   */
  async unregister(): Promise<void> {
    for (const end of this.ends) end();
    this.ownedBy = undefined;
    if (this.session.state !== 'connected') return void this.task.stop();
    await this.task.stop();
    // A look that was under way may have found the node once more.
    this.ownedBy = undefined;
    const node = await this.session.get(this.path);
    if (node === undefined || node.ephemeralOwner !== this.session.sessionId) return;
    await this.session.delete(this.path, node.version);
  }

  private async ensure(): Promise<void> {
    const { session } = this;
    // Without a connection there is nothing to do; the next one kicks.
    if (session.state !== 'connected') return;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { generation, sessionId } = session;
      const node = await session.get(this.path);
      if (node !== undefined && this.isOurs(node, sessionId)) {
        return this.owned(generation);
      }
      // Only now: to look again must not make a registered instance unready.
      this.ownedBy = undefined;
      if (node === undefined) {
        const result = await session.create(this.path, this.data, { ephemeral: true });
        if (result.kind === 'created') return this.owned(result.generation);
      } else if (this.isOfLaterProcess(node)) {
        session.logger.error({ path: this.path }, 'a later process registered with the same id');
        return;
      } else {
        await session.delete(this.path, node.version);
      }
    }
    throw new TallyError('conflict', `${this.path} was changed by others ${MAX_ATTEMPTS} times`);
  }

  private owned(generation: number): void {
    const { path, session } = this;
    this.ownedBy = generation;
    session.logger.debug({ path, generation }, 'registered');
  }

  private isOurs({ ephemeralOwner, data }: NodeValue, sessionId: string | undefined): boolean {
    return ephemeralOwner === sessionId && data.equals(this.data);
  }

  /** Two processes of one id would otherwise replace each other's node for ever. */
  private isOfLaterProcess(node: NodeValue): boolean {
    const decoded = decodeInstance(node.data);
    if (decoded.kind === 'unreadable') return false;
    return Date.parse(decoded.instance.startedAt) > Date.parse(this.instance.startedAt);
  }
}
