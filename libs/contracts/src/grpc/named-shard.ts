import { TallyError } from '../errors/tally-error.js';
import { MessageReader } from './message-reader.js';

const SHARD_FIELD = 1;

/**
 * The shard that a request names, which is its first field in all that name one: the rest is not read.
 * TallyError `invalid_argument` for what is no message.
 */
export function namedShard(request: Buffer): number {
  const message = new MessageReader(request);
  let shard = 0;
  try {
    while (message.next())
      if (message.field === SHARD_FIELD) shard = Number(message.uint64());
      else message.skip();
  } catch (error) {
    if (error instanceof RangeError) throw new TallyError('invalid_argument', error.message);
    throw error;
  }
  return shard;
}
