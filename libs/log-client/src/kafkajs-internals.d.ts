/** What is made quieter (quiet-client.ts), as it is in the version that package.json names. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[];
    readonly inflight: ReadonlyMap<
      number,
      { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void }
    >;
    readonly enforceRequestTimeout: boolean;
    /** No request has less. */
    readonly requestTimeout: number;
    readonly isConnected: () => boolean;
    /** Cleared by `destroy`. */
    requestTimeoutIntervalId: NodeJS.Timeout;
    scheduleCheckPendingRequests(): void;
    scheduleRequestTimeoutCheck(): void;
    destroy(): void;
  }
}

declare module 'kafkajs/src/broker/index.js' {
  export interface FetchRequest {
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
    }[];
  }
  export interface FetchAnswer {
    readonly responses: readonly {
      readonly partitions: readonly { readonly messages: readonly unknown[] }[];
    }[];
  }
  export default class Broker {
    fetch(request: FetchRequest): Promise<FetchAnswer>;
  }
}
