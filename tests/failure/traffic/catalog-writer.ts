import { NoAnswerNowError } from '@tally/client';
import { administer } from '../rig/admin-api.js';
import type { Random } from './random.js';
import { Repeatedly } from './repeatedly.js';

const PAUSE_MS = 250;
const OWNERS = ['ann', 'bob', 'cy'];
const DELETED_PERCENT = 25;

/** What somebody put, and heard that it is durable. */
export interface PutEntry {
  readonly subject: string;
  /** undefined: it was deleted. */
  readonly owner: string | undefined;
}

/** Somebody who says who owns what, changes it and takes it back while the trial goes on. */
export class CatalogWriter {
  readonly problems: string[] = [];
  /** By the position behind its record. */
  readonly acknowledged = new Map<number, PutEntry>();
  private readonly writing: Repeatedly;

  constructor(
    private readonly gateway: string,
    private readonly subjects: readonly string[],
    private readonly random: Random,
  ) {
    this.writing = new Repeatedly(PAUSE_MS, () => this.put());
  }

  stop(): Promise<void> {
    return this.writing.stop();
  }

  private async put(): Promise<void> {
    const { gateway, random } = this;
    const subject = random.pick(this.subjects);
    const owner = random.chance(DELETED_PERCENT) ? undefined : random.pick(OWNERS);
    const path = `/v1/catalog/${subject}`;
    try {
      const { position } =
        owner === undefined
          ? await administer<Put>(gateway, path, 'DELETE')
          : await administer<Put>(gateway, path, 'PUT', { fields: { owner } });
      this.acknowledged.set(position, { subject, owner });
    } catch (error) {
      // Without an answer it may be in force or not: the log says it.
      if (!(error instanceof NoAnswerNowError)) this.problems.push(String(error));
    }
  }
}

interface Put {
  readonly position: number;
}
