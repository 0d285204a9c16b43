import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The part of V8's .cpuprofile that is used here (DevTools protocol, Profiler.Profile). */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Microseconds of the monotonic clock, which all processes of a machine share. */
  readonly startTime: number;
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

const IDLE = new Set(['(idle)', '(program)']);

/** On the monotonic clock, microseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/**
 * The functions in which a service spent most of its time in an interval, itself and not those that
 * it called.
 */
export function topFunctions(dir: string, { from, to }: Interval, functions: number): string[] {
  const file = readdirSync(dir).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) return ['  (no profile)'];
  const { nodes, samples, timeDeltas, startTime } = JSON.parse(
    readFileSync(join(dir, file), 'utf8'),
  ) as CpuProfile;
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'}${url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`}`,
    ]),
  );
  const self = new Map<string, number>();
  let [busy, at] = [0, startTime];
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    const us = timeDeltas[index] ?? 0;
    at += us;
    if (IDLE.has(name) || at < from || at > to) continue;
    busy += us;
    self.set(name, (self.get(name) ?? 0) + us);
  }
  return [...self]
    .sort(([, a], [, b]) => b - a)
    .slice(0, functions)
    .map(([name, us]) => `  ${((100 * us) / busy).toFixed(1).padStart(5)} %  ${name}`);
}
