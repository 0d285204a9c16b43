import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { untilAnswered } from '@tally/client';
import { MINUTE_MS } from '@tally/contracts';
import { until } from './rig/until.js';
import { Clients } from './traffic/clients.js';
import { Bystanders } from './traffic/bystanders.js';
import { ClientRecord } from './traffic/client-record.js';
import { Random } from './traffic/random.js';
import { subjectsOf, VIEWS } from './traffic/traffic.js';
import type { FailureStack } from './rig/failure-stack.js';
import { violationsOf } from './verdict/judgement.js';
import type { LoggedEvent } from './verdict/recount.js';
import { askStats } from './verdict/stats.js';

const MAX_TRIES = 5;

/** Something that goes wrong, told as a story. */
export interface Fault {
  readonly name: string;
  /** What happens and what must not come of it, in one sentence. */
  readonly story: string;
  /** A stack that it was done to cannot be used for another trial. */
  readonly spoilsStack?: boolean;
  /** Its log lies on a disk that can lose power. */
  readonly needsDisk?: boolean;
  /** Processes of the partitioner; one, unless said. */
  readonly partitioners?: number;
  /** What this machine lacks to do it; undefined: nothing. */
  readonly lacks?: () => string | undefined;
  /** Other settings of its stacks. */
  readonly env?: Readonly<Record<string, string>>;
  /** Does it while clients send, and undoes it. Returns what shows that it bit; throws when nothing does. */
  inflict(trial: Trial): Promise<string>;
  /** A shard may forget which values of dimensions it named, and name others then. */
  readonly losesNames?: boolean;
  /** Of the events in the log, those that the shards must have; all, unless said. */
  expected?(trial: Trial, logged: readonly LoggedEvent[]): Promise<readonly LoggedEvent[]>;
  /** Instead of waiting until answers have everything, where they never will. */
  quiet?(trial: Trial): Promise<void>;
}

/** What a sound trial showed. */
export interface TrialFigures {
  readonly seed: number;
  readonly evidence: string;
  readonly events: number;
  readonly unknown: number;
  readonly retries: number;
  readonly answers: number;
  readonly longestGapMs: number;
  /** From the end of the fault until every part is ready. */
  readonly readyMs: number;
}

/** One fault, done once to a stack that clients write to and somebody reads from. */
export class Trial {
  readonly random: Random;
  /** Of views. */
  readonly subjects: readonly string[];
  readonly record: ClientRecord;
  private readonly recordFile: string;

  constructor(
    readonly on: FailureStack,
    readonly seed: number,
    /** How long answers may take to have everything: without a protection they may never have. */
    private readonly settlesWithinMs: number = MINUTE_MS,
  ) {
    this.random = new Random(seed);
    this.subjects = subjectsOf(VIEWS, seed);
    this.recordFile = join(on.dir, `clients-${seed}.ndjson`);
    this.record = new ClientRecord(this.recordFile);
  }

  /** Throws what is wrong at the end; record and data are then left for those who look for the reason. */
  async run(fault: Fault): Promise<TrialFigures> {
    const { record, on } = this;
    const { gateway } = on.addresses;
    const random = this.random.part(100);
    const { dedupWindowMs } = on.recount;
    const clients = new Clients({ gateway, seed: this.seed, random, record, dedupWindowMs });
    const bystanders = new Bystanders(on, this.seed, this.random.part(200), record);
    const problems: string[] = [];
    /** What is wrong after a first problem may say why. */
    const step = async (work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    };
    let evidence = '';
    let readyMs = 0;
    await step(() => this.acknowledged(30));
    await step(async () => void (evidence = await fault.inflict(this)));
    if (problems.length > 0) on.heal();
    const healed = performance.now();
    if (fault.quiet === undefined) {
      await step(() => on.allReady());
      readyMs = performance.now() - healed;
    }
    await step(() => this.acknowledged(30));
    await step(() => clients.stop());
    await bystanders.stop();
    await step(() => fault.quiet?.(this) ?? this.quiet());
    problems.push(...bystanders.problems);
    await step(async () => void problems.push(...(await this.violations(fault, bystanders))));
    if (problems.length > 0) throw new Error(describe(problems));
    rmSync(this.recordFile);
    return {
      seed: this.seed,
      evidence,
      events: record.sent.size,
      unknown: record.sent.size - record.acknowledged,
      retries: record.retries,
      answers: bystanders.reader.answers,
      longestGapMs: record.longestGapMs,
      readyMs,
    };
  }

  /** Resolves when so many more requests of clients were acknowledged. */
  async acknowledged(requests: number): Promise<void> {
    const target = this.record.acknowledgedRequests + requests;
    await until(
      `${requests} more requests are acknowledged`,
      () => this.record.acknowledgedRequests >= target,
    );
  }

  /**
   * Whether some faults bite is a matter of moments: tries again until `figure` has grown. Returns
   * what the last try said, and by how much: so many `things`.
   */
  async untilItBites(
    figure: () => Promise<number>,
    things: string,
    attempt: () => Promise<string>,
  ): Promise<string> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const before = await figure();
      const said = await attempt();
      const count = (await figure()) - before;
      if (count > 0) return `${said}; ${count} ${things} (try ${tries})`;
    }
    throw new Error(`no ${things} in ${MAX_TRIES} tries`);
  }

  /** A moment of the seed's choice. */
  async moment(fromMs: number, toMs: number): Promise<void> {
    await delay(this.random.between(fromMs, toMs));
  }

  /** Resolves when answers have everything that was acknowledged until now. */
  private async quiet(): Promise<void> {
    const { on, subjects, settlesWithinMs } = this;
    const now = Date.now();
    const isComplete = async () => {
      const ask = () => askStats(on.addresses.gateway, VIEWS, subjects, 'total');
      const { asOfMs } = await untilAnswered(ask, settlesWithinMs);
      return asOfMs !== undefined && asOfMs > now;
    };
    const what = 'answers have everything that was acknowledged';
    await until(what, isComplete, settlesWithinMs);
  }

  private async violations(fault: Fault, bystanders: Bystanders): Promise<string[]> {
    const { on, seed, record, settlesWithinMs: withinMs } = this;
    await on.recount.catchUp();
    await on.catalog.catchUp();
    const { events } = on.recount;
    const due = (await fault.expected?.(this, events)) ?? events;
    const losesNames = fault.losesNames === true;
    return violationsOf({ on, seed, record, bystanders, due, losesNames, withinMs });
  }
}

const SHOWN = 8;

function describe(problems: readonly string[]): string {
  const more = problems.length > SHOWN ? `\n… and ${problems.length - SHOWN} more` : '';
  return `${problems.slice(0, SHOWN).join('\n')}${more}`;
}
