import type { Pick } from '@tally/testing/extreme';

/** Where something listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What can be attacked of a running Tally. */
export interface Target {
  readonly gateway: Endpoint;
  /** Empty: the gateway is open. */
  readonly apiKey: string;
  /** The Kafka port of the log. */
  readonly log: Endpoint | undefined;
  /** By name of the service; empty where nobody said where they are. */
  readonly admin: Readonly<Record<string, Endpoint>>;
  readonly grpc: Readonly<Record<string, Endpoint>>;
}

/** What an attack gets. */
export interface Battle {
  readonly target: Target;
  /** What the seed decides. */
  readonly pick: Pick;
  /** Aborted when the attack is to end. */
  readonly over: AbortSignal;
}

/** What an attack came to. */
export interface Outcome {
  /** What was done, and how it was answered. */
  readonly evidence: string;
  /** Answers that no server of ours may give, with the bytes that got them; empty: none. */
  readonly problems: readonly string[];
}

/** Which ports an attack needs. */
export type Door = 'gateway' | 'log' | 'grpc' | 'admin';

/** Something that somebody who wants to hurt does to a port of Tally. */
export interface Attack {
  readonly name: string;
  readonly story: string;
  readonly door: Door;
  /**
   * A fault that it shows and that is not mended yet, in one sentence: it is left out, and the report
   * says so, unless it is asked for by name.
   */
  readonly openFault?: string;
  /** Goes on until `battle.over`, then resolves. */
  inflict(battle: Battle): Promise<Outcome>;
}
