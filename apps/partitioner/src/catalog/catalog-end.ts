import { SECOND_MS, TallyError } from '@tally/contracts';
import { within } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';

/** What others put is in blocks after so long. */
const FRESH_MS = SECOND_MS;
/** How often it is looked whether there is a catalogue by now. */
const MISSING_MS = 5 * SECOND_MS;
/** Blocks wait no longer than that for what others put: an earlier position is sound too. */
const PATIENCE_MS = SECOND_MS / 2;

export interface CatalogEndOptions {
  /** Where the log of the catalogue ends now; undefined: there is none. TallyError `unavailable`. */
  readonly ask: () => Promise<bigint | undefined>;
  /** ms, monotonic. */
  readonly now: () => number;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Where the catalogue ends, for blocks to name: a position up to which the log has it durably. It is
 * asked while blocks are made alone, and where there is no catalogue no block waits for the answer.
 */
export class CatalogEnd {
  private position = 0n;
  private isThere = false;
  private lookedAtMs: number | undefined;
  private looking: Promise<void> | undefined;

  constructor(private readonly options: CatalogEndOptions) {}

  /**
   * A position that is about a second old at most, and at least the given one: as long as the log has
   * that. TallyError `unavailable` when the log does not say it.
   */
  async atLeast(position: bigint): Promise<bigint> {
    if (this.lookedAtMs === undefined || position > this.position) await this.lookFor(position);
    else if (this.isOld(this.lookedAtMs)) await this.lookAgain();
    return this.position;
  }

  /** This process has appended up to there. */
  reach(position: bigint): void {
    this.isThere = true;
    if (position > this.position) this.position = position;
  }

  private isOld(lookedAtMs: number): boolean {
    return this.options.now() - lookedAtMs >= (this.isThere ? FRESH_MS : MISSING_MS);
  }

  /** A look that is under way may have been begun before the record was there. */
  private async lookFor(position: bigint): Promise<void> {
    const { looking } = this;
    if (looking !== undefined) await looking.catch(() => undefined);
    if (this.lookedAtMs === undefined || position > this.position) await this.look();
  }

  private async lookAgain(): Promise<void> {
    const look = this.look().catch((error: unknown) => {
      this.options.logger.warn({ error }, 'blocks name the position of the catalogue of before');
    });
    if (this.isThere) await within(PATIENCE_MS, look);
  }

  private look(): Promise<void> {
    this.looking ??= this.ask().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async ask(): Promise<void> {
    const { ask, now } = this.options;
    const askedAtMs = now();
    const end = await ask();
    this.lookedAtMs = askedAtMs;
    if (end !== undefined) this.reach(end);
    else if (this.isThere) throw new TallyError('unavailable', 'the log has no catalogue any more');
  }
}
