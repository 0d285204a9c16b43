import type { PhaseFigures } from './phase.js';
import type { Counts } from './quiet-client.js';
import type { ProcessFigures } from './watched-processes.js';

const MIB = 1 << 20;
/**
 * Memory that may stay: Node gives back little of what it once needed, with no need to. It is less than
 * what a leak of each attack comes to in minutes, and than a quarter of the smallest container.
 */
export const MAX_GROWTH_BYTES = 256 * MIB;
/** Connections between services that load opened, and files of the log: few, whatever the load was. */
export const MAX_MORE_DESCRIPTORS = 16;
/** Longer than attackers that take all cores keep a process waiting, shorter than any one request may. */
const MAX_STALL_MS = 1000;
/** On a machine that is slow already, what it needs anyway is no fault of a request. */
const MAX_STALL_FACTOR = 5;
/** What the same cores are shared with makes everything slower, but nobody is kept out. */
const MAX_P99_MS = 3000;
const MAX_P99_FACTOR = 20;
/** Of fewer answers, the p99 is the worst one: a pause of the machine. All attacks together have more. */
const LEAST_ANSWERS = 100;
const SHOWN_ERRORS = 5;

/** All that a run found out. */
export interface Findings {
  readonly counts: Counts;
  /** The first one is without an attack, the last one all attacks together, without their errors. */
  readonly phases: readonly PhaseFigures[];
  readonly processes: readonly ProcessFigures[];
  /** Most memory of the container that a process would run in, by process; of some. */
  readonly containerBytes: Readonly<Record<string, number>>;
  /** What attacks got that nobody may get, by attack. */
  readonly problems: readonly { readonly attack: string; readonly problems: readonly string[] }[];
}

/** What is wrong, in sentences; none: nobody was hurt. */
export function faultsOf(findings: Findings): string[] {
  const { counts, problems, processes } = findings;
  return [
    ...counts.wrong.map((each) => `counts: ${each}`),
    ...phaseFaults(findings.phases),
    ...processes.flatMap((each) => processFaults(each, findings.containerBytes[each.name])),
    ...problems.flatMap(({ attack, problems: all }) => limited(attack, all)),
  ];
}

/** Whether a process holds no more than it did, or so much as may stay. */
export function isBack({ before, after }: ProcessFigures): boolean {
  return (
    after.bytes <= before.bytes + MAX_GROWTH_BYTES &&
    after.descriptors <= before.descriptors + MAX_MORE_DESCRIPTORS
  );
}

function phaseFaults(phases: readonly PhaseFigures[]): string[] {
  const usual = phases[0]?.p99Ms ?? 0;
  const bound = Math.max(MAX_P99_MS, usual * MAX_P99_FACTOR);
  return phases.flatMap(({ name, answers, p99Ms, errors }, at) => [
    ...limited(`quiet client, ${name}`, errors),
    ...(p99Ms > bound && (answers >= LEAST_ANSWERS || at === phases.length - 1)
      ? [
          `quiet client, ${name}: p99 was ${ms(p99Ms)}, expected at most ${ms(bound)}; without an attack it is ${ms(usual)}`,
        ]
      : []),
  ]);
}

function processFaults(figures: ProcessFigures, containerBytes = Infinity): string[] {
  const { name, before, peak, after, stallMs = 0, stallBeforeMs = 0, ended } = figures;
  if (ended !== undefined) return [`${name}: ${ended}`];
  const faults: string[] = [];
  const expect = (isSo: boolean, fault: string) => {
    if (!isSo) faults.push(`${name}: ${fault}`);
  };
  expect(
    after.bytes <= before.bytes + MAX_GROWTH_BYTES,
    `holds ${mib(after.bytes)} after the attacks, ${mib(before.bytes)} before; ${mib(MAX_GROWTH_BYTES)} more may stay`,
  );
  expect(
    peak.bytes <= containerBytes,
    `held ${mib(peak.bytes)}; its container may have ${mib(containerBytes)}`,
  );
  expect(
    after.descriptors <= before.descriptors + MAX_MORE_DESCRIPTORS,
    `holds ${after.descriptors} descriptors after the attacks, ${before.descriptors} before; ${MAX_MORE_DESCRIPTORS} more may stay`,
  );
  const bound = Math.max(MAX_STALL_MS, stallBeforeMs * MAX_STALL_FACTOR);
  expect(
    stallMs <= bound,
    `its event loop stood still for ${ms(stallMs)}, expected at most ${ms(bound)}`,
  );
  return faults;
}

function limited(of: string, sentences: readonly string[]): string[] {
  const more = sentences.length - SHOWN_ERRORS;
  return [
    ...sentences.slice(0, SHOWN_ERRORS).map((each) => `${of}: ${each}`),
    ...(more > 0 ? [`${of}: and ${more} more`] : []),
  ];
}

const ms = (value: number) => `${Math.round(value)} ms`;
const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
