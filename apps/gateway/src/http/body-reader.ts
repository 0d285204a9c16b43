import type { IncomingMessage } from 'node:http';
import { TallyError } from '@tally/contracts';
import { MAX_BODY_BYTES } from '../events/limits.js';
import type { Room } from './connection-budget.js';

/**
 * Reads a body into one buffer and takes room for it as it arrives. It is copied together at once:
 * kept as it came, a body of chunks of one byte would cost a hundred times as much.
 *
 * @param done Called once; with TallyError `payload_too_large`, `unavailable` when there is no room,
 * or `invalid_argument` when the caller went away. What comes after an error is thrown away.
 */
export function readBody(
  request: IncomingMessage,
  room: Room,
  done: (error: TallyError | null, body?: Buffer) => void,
): void {
  const announced = Number(request.headers['content-length']);
  if (announced > MAX_BODY_BYTES) return done(tooLarge(`${announced} were announced`));
  let body: Buffer = Buffer.alloc(0);
  let length = 0;
  const onData = (chunk: Buffer): void => {
    const wanted = length + chunk.length;
    if (wanted > MAX_BODY_BYTES) return fail(tooLarge('more came'));
    if (!room.take(chunk.length)) return fail(noRoom());
    if (wanted > body.length) body = grown(body.subarray(0, length), wanted, announced);
    chunk.copy(body, length);
    length = wanted;
  };
  const onEnd = (): void => {
    leave();
    done(null, body.subarray(0, length));
  };
  const onError = (cause: Error): void => fail(goneAway(cause));
  const leave = () => request.off('data', onData).off('end', onEnd).off('error', onError);
  const fail = (error: TallyError): void => {
    leave();
    body = Buffer.alloc(0);
    room.release();
    request.on('error', () => undefined).resume();
    done(error);
  };
  request.on('data', onData).on('end', onEnd).on('error', onError);
}

/** Twice as large, so that few bytes are copied again, but not larger than what was announced. */
function grown(body: Buffer, wanted: number, announced: number): Buffer {
  const most = announced >= wanted ? announced : MAX_BODY_BYTES;
  const larger = Buffer.allocUnsafe(Math.min(Math.max(wanted, 2 * body.length), most));
  body.copy(larger);
  return larger;
}

function tooLarge(came: string): TallyError {
  return new TallyError(
    'payload_too_large',
    `expected a body of at most ${MAX_BODY_BYTES} bytes, ${came}`,
  );
}

function noRoom(): TallyError {
  return new TallyError(
    'unavailable',
    'expected fewer bytes in flight: nothing of this request was done, send it again later',
  );
}

function goneAway(cause: Error): TallyError {
  return new TallyError('invalid_argument', 'expected the whole body, its caller went away', {
    cause,
  });
}
