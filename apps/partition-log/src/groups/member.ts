import type { JoinGroupResponse, KafkaError } from '@tally/kafka-wire';
import type { Clock } from './clock.js';
import type { MemberRecord } from './group-records.js';
import { bytesOfProtocols, type Protocols } from './protocols.js';

export type JoinResult =
  { readonly kind: 'joined'; readonly response: JoinGroupResponse } | Refused;
export type SyncResult = { readonly kind: 'synced'; readonly assignment: Buffer } | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly error: KafkaError;
  /** The id that a new member shall join with, where the error says so. */
  readonly memberId?: string;
}

export function refused(error: KafkaError): Refused {
  return { kind: 'refused', error };
}

export interface MemberOptions {
  readonly id: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocols: Protocols;
}

/**
 * One client in a group. Its session runs only while it is not waiting for an answer of ours: then
 * it cannot send heartbeats.
 */
export class Member {
  assignment: Buffer = Buffer.alloc(0);
  private join: ((result: JoinResult) => void) | undefined;
  private sync: ((result: SyncResult) => void) | undefined;
  private endSession: () => void = () => undefined;
  private protocolBytes: number;

  constructor(
    private options: MemberOptions,
    private readonly clock: Clock,
    private readonly onExpired: (member: Member) => void,
  ) {
    this.protocolBytes = bytesOfProtocols(options.protocols);
  }

  get id(): string {
    return this.options.id;
  }

  get groupInstanceId(): string | null {
    return this.options.groupInstanceId;
  }

  get clientId(): string {
    return this.options.clientId;
  }

  get clientHost(): string {
    return this.options.clientHost;
  }

  get sessionTimeoutMs(): number {
    return this.options.sessionTimeoutMs;
  }

  get rebalanceTimeoutMs(): number {
    return this.options.rebalanceTimeoutMs;
  }

  get protocols(): Protocols {
    return this.options.protocols;
  }

  /** What keeping it costs, about. */
  get bytes(): number {
    return this.protocolBytes + this.assignment.length;
  }

  get isJoining(): boolean {
    return this.join !== undefined;
  }

  update(changes: Partial<Omit<MemberOptions, 'id'>>): void {
    this.options = { ...this.options, ...changes };
    this.protocolBytes = bytesOfProtocols(this.options.protocols);
  }

  hasSameProtocols(protocols: Protocols): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, index) => {
        const own = this.protocols[index];
        return own?.name === name && own.metadata.equals(metadata);
      })
    );
  }

  metadataFor(protocol: string): Buffer {
    const found = this.protocols.find(({ name }) => name === protocol);
    return found?.metadata ?? Buffer.alloc(0);
  }

  /** As it is written down when the group speaks `protocol`. */
  toRecord(protocol: string): MemberRecord {
    const { id: memberId, protocols: _all, ...options } = this.options;
    const { assignment } = this;
    return { ...options, memberId, metadata: this.metadataFor(protocol), assignment };
  }

  /** It was heard of; from now on it may be silent for so long. */
  refreshSession(sessionMs = this.options.sessionTimeoutMs): void {
    this.endSession();
    this.endSession = this.clock.after(sessionMs, () => this.onExpired(this));
  }

  /** Resolves when the group has settled who is in it. One that waits already has lost its connection. */
  waitForJoin(): Promise<JoinResult> {
    this.endSession();
    this.join?.({ kind: 'refused', error: 'REBALANCE_IN_PROGRESS' });
    return new Promise((resolve) => (this.join = resolve));
  }

  waitForSync(): Promise<SyncResult> {
    this.endSession();
    this.sync?.({ kind: 'refused', error: 'REBALANCE_IN_PROGRESS' });
    return new Promise((resolve) => (this.sync = resolve));
  }

  answerJoin(result: JoinResult): void {
    if (this.join === undefined) return;
    this.join(result);
    this.join = undefined;
    this.refreshSession();
  }

  answerSync(result: SyncResult): void {
    if (this.sync === undefined) return;
    this.sync(result);
    this.sync = undefined;
    this.refreshSession();
  }

  /** It is no member any more: whatever it waits for is refused, and its session ends. */
  remove(error: KafkaError): void {
    this.answerJoin({ kind: 'refused', error });
    this.answerSync({ kind: 'refused', error });
    this.endSession();
  }
}

/** A member that was written down: it speaks the protocol that was chosen, for all that is known. */
export function memberOptionsOf(
  { memberId: id, metadata, assignment: _own, ...options }: MemberRecord,
  protocol: string,
): MemberOptions {
  return { ...options, id, protocols: [{ name: protocol, metadata }] };
}
