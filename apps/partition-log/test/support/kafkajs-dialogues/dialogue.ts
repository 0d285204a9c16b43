import type { ApiName, ResponseOf } from '@tally/kafka-wire';

/** What kafkajs asks and we read, what we answer and kafkajs understands, in all versions that both speak. */
export interface Dialogue<N extends ApiName> {
  readonly versions: readonly [first: number, last: number];
  readonly asks: (version: number) => unknown;
  readonly read: (version: number) => object;
  readonly answer: ResponseOf<N>;
  readonly understood: object;
}

/** Some of them, by API. */
export type Dialogues = { readonly [N in ApiName]?: Dialogue<N> };

/** One topic with one partition. */
export const partitionsOf = (partition: object) => [{ name: 't', partitions: [partition] }];

/** The beginning of what most answers say of a partition. */
export const PART = { partition: 3, errorCode: 0 };
