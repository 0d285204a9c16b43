import type { Findings } from './verdict.js';
import type { Worst } from './watched-processes.js';

/** What became of one attack. */
export interface AttackReport {
  readonly name: string;
  readonly kind: 'inflicted' | 'left out';
  /** What was done; of one that was left out, why. */
  readonly evidence: string;
  readonly problems: readonly string[];
  /** Of the processes during it, and whose; undefined: none are watched. */
  readonly worst?: Worst | undefined;
}

/** What `--json` writes. */
export interface Report extends Omit<Findings, 'problems' | 'containerBytes'> {
  readonly seed: number;
  readonly attacks: readonly AttackReport[];
  /** What is wrong, in sentences; none: nobody was hurt. */
  readonly faults: readonly string[];
}

/** The report for people, line by line. */
export function linesOf({ attacks, phases, processes, counts, faults }: Report): string[] {
  const mib = (bytes: number) => String(Math.round(bytes / (1 << 20)));
  const ms = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(0));
  return [
    'attack',
    ...attacks.map(
      ({ name, kind, evidence }) =>
        `  ${name.padEnd(24)} ${kind === 'left out' ? `LEFT OUT: ${evidence}` : evidence}`,
    ),
    '',
    ...table(
      ['during', 'longest stall ms', 'of', 'most more MiB', 'of'],
      attacks.flatMap(({ name, worst }) =>
        worst === undefined
          ? []
          : [
              [
                name,
                ms(worst.stall.ms),
                worst.stall.process,
                mib(worst.growth.bytes),
                worst.growth.process,
              ],
            ],
      ),
    ),
    '',
    ...table(
      ['quiet client during', 'answers', 'p50 ms', 'p99 ms', 'max ms', 'refused', 'errors'],
      phases.map((phase) => [
        phase.name,
        String(phase.answers),
        ms(phase.p50Ms),
        ms(phase.p99Ms),
        ms(phase.maxMs),
        String(phase.refused),
        String(phase.errors.length),
      ]),
    ),
    '',
    ...table(
      ['process', 'MiB before', 'peak', 'after', 'descriptors', 'peak', 'after', 'stall ms', 'end'],
      processes.map(({ name, before, peak, after, stallMs, ended }) => [
        name,
        mib(before.bytes),
        mib(peak.bytes),
        mib(after.bytes),
        String(before.descriptors),
        String(peak.descriptors),
        String(after.descriptors),
        ms(stallMs),
        ended ?? 'runs',
      ]),
    ),
    '',
    `${counts.acknowledged} events acknowledged, ${counts.unknown} of unknown fate, ${counts.counted} counted`,
    ...(faults.length === 0
      ? ['nobody was hurt']
      : ['FAULTS', ...faults.map((each) => `  ${each}`)]),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(width(column)) : cell.padStart(width(column)),
      )
      .join('  '),
  );
}
