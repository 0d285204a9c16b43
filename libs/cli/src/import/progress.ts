import type { Screen } from '../verb.js';
import type { ImportFigures } from './importer.js';

const BAR_WIDTH = 24;
const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5000;
/** How many of a kind are shown; all are counted. */
export const SHOWN = 5;
const CLEAR_LINE = '\r\u001b[K';

/** Tells how one import goes, on stderr: progress, and the first lines that are not counted. */
export class Progress {
  private readonly started: number;
  private shownAt: number;
  private unreadable = 0;
  private rejected = 0;
  private isBarShown = false;

  constructor(
    private readonly name: string,
    private readonly screen: Screen,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.started = this.now();
    this.shownAt = this.started;
  }

  /** `share`: of the input that was read, 0 to 1, where that is known. */
  show(figures: ImportFigures, share: number | undefined): void {
    const now = this.now();
    const { isTTY } = this.screen;
    if (now - this.shownAt < (isTTY === true ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.shownAt = now;
    const state = `${this.rate(figures)} events/s, ${this.state(figures)}`;
    if (isTTY !== true) {
      this.say(`${this.name}: ${percent(share)}${state}`);
      return;
    }
    const bar = share === undefined ? '' : `[${barOf(share)}] ${percent(share)}`;
    this.screen.write(`${CLEAR_LINE}${`${bar}${state}`.slice(0, (this.screen.columns ?? 80) - 1)}`);
    this.isBarShown = true;
  }

  onUnreadable(line: number, reason: string): void {
    this.unreadable += 1;
    this.showFirst(this.unreadable, `${this.name}, line ${line} is no event: ${reason}`);
  }

  onRejected(line: number, why: string): void {
    this.rejected += 1;
    this.showFirst(this.rejected, `${this.name}, line ${line} was refused: ${why}`);
  }

  say(line: string): void {
    this.screen.write(`${this.isBarShown ? CLEAR_LINE : ''}${line}\n`);
    this.isBarShown = false;
  }

  /** The last word, for stdout. */
  summary(figures: ImportFigures): string {
    if (this.isBarShown) this.screen.write(CLEAR_LINE);
    this.isBarShown = false;
    const { before, doubtful } = figures;
    const seconds = ((this.now() - this.started) / 1000).toFixed(1);
    return [
      `${this.name}: ${this.state(figures)}`,
      ...(before > 0 ? [`${before} lines were in already`] : []),
      ...(doubtful.isEmpty
        ? []
        : [
            `${doubtful.count} lines are in doubt (${doubtful.toString()}): an earlier run sent them more than 5 minutes ago and got no answer, so they may be in; --resend-doubtful sends them once more`,
          ]),
      `${seconds} s, ${this.rate(figures)} events/s`,
    ].join('; ');
  }

  private state({ lines, sent, unreadable, rejected }: ImportFigures): string {
    return `${lines} lines, ${sent} events sent, ${unreadable} lines no event, ${rejected} events refused`;
  }

  private rate({ sent }: ImportFigures): number {
    const ms = this.now() - this.started;
    return ms > 0 ? Math.round((sent * 1000) / ms) : 0;
  }

  private showFirst(count: number, line: string): void {
    if (count <= SHOWN) this.say(line);
    if (count === SHOWN + 1) this.say('… more of those are counted, not shown');
  }
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${Math.floor(share * 100)} %, `;
}

function barOf(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return '#'.repeat(full).padEnd(BAR_WIDTH, '.');
}
