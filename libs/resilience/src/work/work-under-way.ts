import { TallyError } from '@tally/contracts';
import { crash } from '../crash.js';

/**
 * What somebody has begun and does not wait for, until told to end by a signal. A failure that can be
 * waited out is an answer; any other is a bug, and ends the process.
 */
export class WorkUnderWay {
  private readonly working = new Set<Promise<void>>();

  /** @param onFailure Told what failed and what follows from it; not of what the end makes of work. */
  constructor(
    private readonly signal: AbortSignal,
    private readonly onFailure: (error: TallyError, consequence: string) => void,
  ) {}

  track(work: Promise<void>): void {
    const { signal } = this;
    const working = work
      .catch((error: unknown) => {
        if (!signal.aborted || !isOfTheEnd(error)) crash(error);
      })
      .finally(() => this.working.delete(working));
    this.working.add(working);
  }

  /** The answer; undefined: there is none, for reasons that others have to mend. */
  async answerOf<T>(answer: Promise<T>, consequence: string): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      if (!this.signal.aborted) this.onFailure(error, consequence);
      return undefined;
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.working);
  }
}

/** What becomes of work under way when it is told to end. */
function isOfTheEnd(error: unknown): boolean {
  return error instanceof TallyError || (error as Error | undefined)?.name === 'AbortError';
}
