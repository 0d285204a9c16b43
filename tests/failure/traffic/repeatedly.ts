import { setTimeout as delay } from 'node:timers/promises';

/** Somebody who does the same again and again, until told to stop. */
export class Repeatedly {
  private readonly stopping = new AbortController();
  private readonly working: Promise<void>;

  /** @param work What it throws is not minded: while things are broken much fails. */
  constructor(
    private readonly pauseMs: number,
    private readonly work: () => Promise<void>,
  ) {
    this.working = this.go();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async go(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.work().catch(() => undefined);
      await delay(this.pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
