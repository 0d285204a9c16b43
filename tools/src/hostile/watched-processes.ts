import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { startTicksOf } from '@tally/segment-log';
import type { Endpoint } from './attack.js';

const LOOK_MS = 250;
/** What was the longest stall is forgotten with each answer: whoever else asks takes some away. */
const ASK_EVERY_LOOKS = 4;
const ANSWER_WITHIN_MS = 5000;

/** What a process holds. */
export interface Holdings {
  /** Resident memory. */
  readonly bytes: number;
  readonly descriptors: number;
}

/** What became of a process. */
export interface ProcessFigures {
  readonly name: string;
  readonly before: Holdings;
  readonly peak: Holdings;
  readonly after: Holdings;
  /**
   * Longest time that its event loop stood still while it was attacked, less the
   * part of it in which it waited for a core; undefined: it has none that says.
   */
  readonly stallMs: number | undefined;
  /** The same, before the attacks. */
  readonly stallBeforeMs: number | undefined;
  /** How it ended, in words; undefined: it still runs. */
  readonly ended: string | undefined;
}

/** The worst of a stretch of time, over all processes. */
export interface Worst {
  readonly stall: { readonly process: string; readonly ms: number };
  readonly growth: { readonly process: string; readonly bytes: number };
}

/** Of one stretch. */
interface Round {
  startBytes: number;
  peakBytes: number;
  stallMs: number;
}

interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly startTicks: string | undefined;
  readonly before: Holdings;
  peak: Holdings;
  after: Holdings;
  stallMs: number | undefined;
  stallBeforeMs: number | undefined;
  /** When it was asked the last time, and how long it had waited for a core until then; ms. */
  asked: { readonly at: number; readonly waitedMs: number };
  round: Round;
}

interface Entry {
  readonly name: string;
  readonly pid: number;
}

/** Looks at the processes of a stack, by the list that the stack keeps of them. */
export class WatchedProcesses {
  private readonly watched: readonly Watched[];
  private readonly timer: NodeJS.Timeout;
  private looks = 0;
  private asking: Promise<unknown> = Promise.resolve();

  /** `list`: where a stack says what it started; none are watched where there is none. */
  constructor(
    private readonly list: string,
    private readonly admin: Readonly<Record<string, Endpoint>>,
  ) {
    this.watched = entriesOf(list).map(({ name, pid }) => {
      const before = holdingsOf(pid);
      return {
        name,
        pid,
        startTicks: startTicksOf(pid),
        before,
        peak: before,
        after: before,
        stallMs: undefined,
        stallBeforeMs: undefined,
        asked: { at: performance.now(), waitedMs: waitedOf(pid) },
        round: roundFrom(before),
      };
    });
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** From now on they are attacked. Holdings are compared with those of now: all have been used a little. */
  async begin(): Promise<void> {
    this.look();
    await this.ask();
    for (const each of this.watched) {
      Object.assign(each, { before: each.after, peak: each.after });
      each.stallBeforeMs = each.stallMs;
      each.stallMs = undefined;
      each.round = roundFrom(each.after);
    }
  }

  /** What was worst since `begin`, or since this was asked the last time; undefined: none are watched. */
  async worst(): Promise<Worst | undefined> {
    this.look();
    await this.ask();
    const most = (of: (each: Watched) => number) =>
      this.watched.toSorted((one, other) => of(other) - of(one))[0];
    const growthOf = ({ round }: Watched) => round.peakBytes - round.startBytes;
    const [stalled, grown] = [most(({ round }) => round.stallMs), most(growthOf)];
    const worst = stalled &&
      grown && {
        stall: { process: stalled.name, ms: stalled.round.stallMs },
        growth: { process: grown.name, bytes: growthOf(grown) },
      };
    for (const each of this.watched) each.round = roundFrom(each.after);
    return worst;
  }

  /** As they are now. */
  get figures(): ProcessFigures[] {
    const now = new Map(entriesOf(this.list).map(({ name, pid }) => [name, pid]));
    return this.watched.map((each) => ({
      name: each.name,
      before: each.before,
      peak: each.peak,
      after: each.after,
      stallMs: each.stallMs,
      stallBeforeMs: each.stallBeforeMs,
      ended: endOf(each, now.get(each.name)),
    }));
  }

  /** Looks until it is as it should be, or the time is up. */
  async settled(isSettled: (figures: readonly ProcessFigures[]) => boolean, withinMs: number) {
    const until = performance.now() + withinMs;
    while (performance.now() < until && !isSettled(this.figures))
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    await this.ask();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.asking;
  }

  private look(): void {
    for (const each of this.watched) {
      each.after = holdingsOf(each.pid);
      each.peak = {
        bytes: Math.max(each.peak.bytes, each.after.bytes),
        descriptors: Math.max(each.peak.descriptors, each.after.descriptors),
      };
      each.round.peakBytes = Math.max(each.round.peakBytes, each.after.bytes);
    }
    if (this.looks++ % ASK_EVERY_LOOKS === 0) void this.ask();
  }

  /** One round of questions at a time. */
  private ask(): Promise<unknown> {
    return (this.asking = this.asking.then(() =>
      Promise.all(this.watched.map((each) => this.askOne(each))),
    ));
  }

  private async askOne(each: Watched): Promise<void> {
    const at = this.admin[each.name];
    if (at === undefined) return;
    try {
      const response = await fetch(`http://${at.host}:${at.port}/metrics`, {
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const metrics = await response.text();
      const seconds = Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(metrics)?.[1]);
      if (!(seconds > 0)) return;
      const stallMs = seconds * 1000 * (1 - waitingShare(each));
      each.stallMs = Math.max(each.stallMs ?? 0, stallMs);
      each.round.stallMs = Math.max(each.round.stallMs, stallMs);
    } catch {
      // Who cannot answer now says it with the next answer.
    }
  }
}

function entriesOf(list: string): readonly Entry[] {
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Entry[]) : [];
}

function endOf({ pid, startTicks }: Watched, now: number | undefined): string | undefined {
  if (now !== undefined && now !== pid)
    return `process ${pid} ended and was started again as ${now}`;
  return startTicksOf(pid) === startTicks ? undefined : `process ${pid} ended`;
}

function roundFrom({ bytes }: Holdings): Round {
  return { startBytes: bytes, peakBytes: bytes, stallMs: 0 };
}

/**
 * Which part of the time since it was asked the last time a process waited for a core: what a full
 * machine makes it wait is not what a request makes others wait.
 */
function waitingShare(each: Watched): number {
  const now = { at: performance.now(), waitedMs: waitedOf(each.pid) };
  const share = (now.waitedMs - each.asked.waitedMs) / (now.at - each.asked.at);
  each.asked = now;
  return Math.min(1, Math.max(0, share));
}

/** How long the thread of the event loop has waited for a core so far, in ms (/proc/<pid>/schedstat). */
function waitedOf(pid: number): number {
  try {
    const [, nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return 0;
  }
}

/** Nothing of a process that is gone. */
function holdingsOf(pid: number): Holdings {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return {
      bytes: Number(kilobytes ?? 0) * 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return { bytes: 0, descriptors: 0 };
  }
}
