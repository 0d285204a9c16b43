import type { Random } from '../../failure/traffic/random.js';
import type { VirtualTime } from './virtual-time.js';

/** How messages travel between two parts, in per cent and ms. */
export interface Weather {
  readonly lostPercent: number;
  readonly twicePercent: number;
  readonly slowPercent: number;
  readonly delayMs: number;
  readonly slowMs: number;
}

export const CALM: Weather = {
  lostPercent: 0,
  twicePercent: 0,
  slowPercent: 0,
  delayMs: 5,
  slowMs: 0,
};

/** So many per cent of messages are lost, as many come twice, and as many late. */
export function badWeather(percent: number): Weather {
  return {
    lostPercent: percent,
    twicePercent: percent,
    slowPercent: percent,
    delayMs: 40,
    slowMs: 2500,
  };
}

/** Carries messages: late, out of order, lost, or twice, as the weather is. */
export class Network {
  weather: Weather = CALM;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
  ) {}

  send(arrive: () => void): void {
    const { lostPercent, twicePercent } = this.weather;
    if (this.random.chance(lostPercent)) return;
    this.time.after(this.delay(), arrive);
    if (this.random.chance(twicePercent)) this.time.after(this.delay(), arrive);
  }

  private delay(): number {
    const { delayMs, slowPercent, slowMs } = this.weather;
    return (
      this.random.between(0, delayMs) +
      (this.random.chance(slowPercent) ? this.random.between(0, slowMs) : 0)
    );
  }
}

/**
 * One answer to one question: whatever arrives twice or late is heard once, and silence is an answer
 * after the deadline.
 */
export function ask<T>(
  { time, network }: { readonly time: VirtualTime; readonly network: Network },
  deadlineMs: number,
  question: () => T | undefined,
  hear: (answer: T | undefined) => void,
): void {
  let isHeard = false;
  const once = (answer: T | undefined) => {
    if (isHeard) return;
    isHeard = true;
    hear(answer);
  };
  network.send(() => {
    const answer = question();
    if (answer !== undefined) network.send(() => once(answer));
  });
  time.after(deadlineMs, () => once(undefined));
}
