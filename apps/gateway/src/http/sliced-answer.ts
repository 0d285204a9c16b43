import { Readable } from 'node:stream';
import type { LongestHolds, Turns } from '@tally/resilience';
import type { FastifyReply } from 'fastify';
import type { AnswerBudget } from './answer-budget.js';
import type { Room } from './connection-budget.js';

/** Characters of a slice; a shorter answer is sent whole. */
const SLICE_CHARACTERS = 64 * 1024;
/** What an answer holds while it is written: a slice on its way and the next one. */
export const WRITING_BYTES = 4 * SLICE_CHARACTERS;

/** How answers are sent that may be long. */
export interface AnswerParts {
  readonly turns: Turns;
  readonly holds: LongestHolds;
  readonly budget: AnswerBudget;
}

/** Sends answers that may be long: made slice by slice as their reader takes them. */
export class SlicedAnswers {
  constructor(private readonly parts: AnswerParts) {}

  /** Room in memory for an answer to this request. TallyError `unavailable`. */
  reserve(reply: FastifyReply, bytes: number): Room {
    const { socket } = reply.request.raw;
    const room = this.parts.budget.reserve(bytes, socket);
    whenClosed(reply, () => room.release());
    return room;
  }

  /**
   * Sends the text that the pieces are together; status and headers of the reply are set, media type
   * JSON unless another is. TallyError `unavailable` while nothing is sent, when there is no room.
   *
   * @param pieces Short ones: a slice is made at once.
   */
  send(reply: FastifyReply, pieces: Iterator<string>, room?: Room): void {
    if (!reply.hasHeader('content-type'))
      reply.header('content-type', 'application/json; charset=utf-8');
    const first = nextSlice(pieces);
    if (first.isLast) {
      reply.send(first.text);
      return;
    }
    if (room === undefined) this.reserve(reply, WRITING_BYTES);
    reply.send(new SliceStream(first.text, pieces, this.parts));
  }
}

/** Called once: when the answer is written, or the caller went away, which may be already. */
export function whenClosed({ raw }: FastifyReply, callback: () => void): void {
  if (raw.destroyed) callback();
  else raw.once('close', callback);
}

/** The text of a JSON object whose last member is a long list. */
export function* jsonPieces(
  head: object,
  name: string,
  items: Iterable<object>,
): Generator<string, void> {
  const members = JSON.stringify(head).slice(0, -1);
  yield `${members}${members === '{' ? '' : ','}${JSON.stringify(name)}:[`;
  let comma = '';
  for (const item of items) {
    yield `${comma}${JSON.stringify(item)}`;
    comma = ',';
  }
  yield ']}';
}

class SliceStream extends Readable {
  constructor(
    private first: string | undefined,
    private readonly pieces: Iterator<string>,
    private readonly parts: Pick<AnswerParts, 'turns' | 'holds'>,
  ) {
    super({ highWaterMark: 1 });
  }

  override _read(): void {
    const turn = this.parts.turns.next();
    if (turn === undefined) this.pushNext();
    else void turn.then(() => this.pushNext());
  }

  private pushNext(): void {
    if (this.destroyed) return;
    if (this.first !== undefined) {
      this.push(this.first);
      this.first = undefined;
      return;
    }
    const since = performance.now();
    try {
      const { text, isLast } = nextSlice(this.pieces);
      this.parts.holds.note('answer', since);
      if (text !== '') this.push(text);
      if (isLast) this.push(null);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function nextSlice(pieces: Iterator<string>): { readonly text: string; readonly isLast: boolean } {
  let text = '';
  while (text.length < SLICE_CHARACTERS) {
    const next = pieces.next();
    if (next.done === true) return { text, isLast: true };
    text += next.value;
  }
  return { text, isLast: false };
}
