import { MalformedFrame, WireReader } from '@tally/kafka-wire';

/** The protocol type whose metadata says which topics a member reads. */
export const CONSUMER = 'consumer';

/**
 * The topics in the metadata of a consumer: int16 version, array of strings; what follows is not for
 * the coordinator. undefined where it is something else.
 */
export function readSubscription(metadata: Buffer): readonly string[] | undefined {
  try {
    const reader = new WireReader(metadata);
    reader.int16();
    return reader.array(() => reader.string());
  } catch (error) {
    if (error instanceof MalformedFrame) return undefined;
    throw error;
  }
}
