import type { VirtualTime } from './virtual-time.js';

/** One process: it may stand still, and then everything that was to reach it does so when it wakes. */
export class SimulatedProcess {
  private pausedUntilMs = 0;
  /** Grows with each end: what was begun before it reaches nobody. */
  private life = 0;
  isUp = true;

  constructor(private readonly time: VirtualTime) {}

  /** Something of this life of the process, after a time, unless it has ended by then. */
  later(delayMs: number, happen: () => void): void {
    const { life } = this;
    this.time.after(delayMs, () => this.reach(life, happen));
  }

  /** An answer to what this life of the process asked. */
  receiver<Words extends unknown[]>(hear: (...words: Words) => void): (...words: Words) => void {
    const { life } = this;
    return (...words) => this.reach(life, () => hear(...words));
  }

  pause(ms: number): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, this.time.nowMs + ms);
  }

  end(): void {
    this.life += 1;
    this.isUp = false;
  }

  /** Another life: what the last one stood still for is over. */
  begin(): void {
    this.isUp = true;
    this.pausedUntilMs = 0;
  }

  private reach(life: number, happen: () => void): void {
    if (life !== this.life) return;
    const leftMs = this.pausedUntilMs - this.time.nowMs;
    if (leftMs <= 0) happen();
    else this.time.after(leftMs, () => this.reach(life, happen));
  }
}
