/**
 * Small writes that no append waits for, one after the other. They need not succeed for the log to be
 * right, but a disk that fails one has failed: that ends the log.
 */
export class BackgroundWriter {
  private last: Promise<void> = Promise.resolve();
  private isOver = false;

  constructor(private readonly onFatal: (error: unknown) => void) {}

  /** Resolves when the task is done, or is not to be done any more. */
  run(task: () => Promise<void>): Promise<void> {
    this.last = this.last
      .then(() => (this.isOver ? undefined : task()))
      .catch((error: unknown) => {
        this.isOver = true;
        this.onFatal(error);
      });
    return this.last;
  }

  /** Nothing begins after what was asked for. */
  async stop(): Promise<void> {
    await this.last;
    this.isOver = true;
  }
}
