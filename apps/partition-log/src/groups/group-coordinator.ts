import { randomUUID } from 'node:crypto';
import type { KafkaError } from '@tally/kafka-wire';
import type { Clock } from './clock.js';
import { Group } from './group.js';
import type { OffsetStore } from './offset-store.js';

/** Most groups with members; each costs some kilobytes and timers. */
const MAX_GROUPS = 10_000;

/** Of a client's own name in the ids of its members: a string of the protocol has to hold them. */
const MAX_NAME_LENGTH = 200;

export interface CoordinatorOptions {
  readonly clock: Clock;
  readonly initialDelayMs: number;
  readonly maxMembers: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
}

/** The groups that have members now, and the offsets of all that ever committed. */
export class GroupCoordinator {
  private readonly groups = new Map<string, Group>();
  private closed = false;

  constructor(
    readonly offsets: OffsetStore,
    private readonly options: CoordinatorOptions,
  ) {}

  get groupCount(): number {
    return this.groups.size;
  }

  /** The group when it has members or expects some. */
  find(id: string): Group | undefined {
    const group = this.groups.get(id);
    if (group?.isAbandoned !== true) return group;
    this.groups.delete(id);
    return undefined;
  }

  /** The group, made when there is none. */
  forJoin(id: string, sessionTimeoutMs: number): Group | KafkaError {
    if (this.closed) return 'NOT_COORDINATOR';
    if (id === '') return 'INVALID_GROUP_ID';
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.options;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return 'INVALID_SESSION_TIMEOUT';
    }
    const found = this.groups.get(id);
    if (found !== undefined) return found;
    if (this.groups.size >= MAX_GROUPS) this.forgetAbandoned();
    if (this.groups.size >= MAX_GROUPS) return 'COORDINATOR_NOT_AVAILABLE';
    const group = new Group({
      ...this.options,
      id,
      newMemberId: (clientId) =>
        `${clientId.slice(0, MAX_NAME_LENGTH) || 'member'}-${randomUUID()}`,
    });
    this.groups.set(id, group);
    return group;
  }

  /** Ids of all groups with members or offsets. */
  ids(): string[] {
    this.forgetAbandoned();
    return [...new Set([...this.groups.keys(), ...this.offsets.names()])];
  }

  /** Everybody who waits is told to look for another coordinator; nobody joins any more. */
  close(): void {
    this.closed = true;
    for (const group of this.groups.values()) group.close();
    this.groups.clear();
  }

  private forgetAbandoned(): void {
    for (const [id, group] of this.groups) if (group.isAbandoned) this.groups.delete(id);
  }
}
